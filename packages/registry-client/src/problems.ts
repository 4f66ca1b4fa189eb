import { messageOf, Problem, systemCodeOf } from "@opendepot/base";

/** What this package may throw as a {@link Problem}. */
export type RegistryProblemCode =
  | "registry_unreachable"
  | "registry_untrusted"
  | "registry_denied"
  | "registry_rate_limited"
  | "registry_refused"
  | "registry_content_missing"
  | "registry_not_allowed"
  | "registry_answer_invalid";

/** What a registry said when it refused. */
export interface Refusal {
  /** Whom we talked to, for people: `docker.io/acme/app`. */
  readonly name: string;
  /** What we wanted, for people: `push the manifest 1.2`. */
  readonly action: string;
  readonly status: number;
  /** The registry's own words; may be empty. */
  readonly said: string;
}

/** Nobody answers there, or the connection broke and stayed broken. */
export function registryUnreachable(host: string, cause: unknown): Problem<"registry_unreachable"> {
  const why = messageOf(cause) || (systemCodeOf(cause) ?? "unknown error");
  const isWithoutTls = /wrong version number|EPROTO|packet length/.test(`${why} ${systemCodeOf(cause)}`);
  return new Problem("registry_unreachable", `cannot reach the registry ${host}: ${why}`, {
    cause,
    hint: isWithoutTls
      ? "it does not speak TLS there: mark it as insecure if it is meant to be plain HTTP"
      : "check the registry's name and the network from this machine",
    detail: { host, ...(isWithoutTls && { isWithoutTls }) },
  });
}

/** The registry's certificate is not one that we trust. */
export function registryUntrusted(host: string, cause: unknown): Problem<"registry_untrusted"> {
  return new Problem("registry_untrusted", `cannot trust the registry ${host}: ${messageOf(cause)}`, {
    cause,
    hint: "add its certificate authority, or mark the registry as insecure",
    detail: { host },
  });
}

const HUB = /^docker\.io\//;

/** The registry wants other credentials than those that we have. */
export function registryDenied(refusal: Refusal, hasCredentials: boolean): Problem<"registry_denied"> {
  const host = refusal.name.split("/", 1)[0] ?? "";
  const login = HUB.test(refusal.name) ? "docker login" : `docker login ${host}`;
  const ownPart = hasCredentials
    ? `check that the account of "${login}" may do this and that the repository exists`
    : `log in with "${login}"`;
  const isHub = HUB.test(refusal.name) && !hasCredentials;
  return new Problem("registry_denied", describe(refusal), {
    hint: isHub ? `${ownPart}; Docker Hub also limits what it gives to those who have not` : ownPart,
    detail: { name: refusal.name, status: refusal.status },
  });
}

/** The registry wants us to come back later than we are willing to wait. */
export function registryRateLimited(refusal: Refusal, hasCredentials: boolean): Problem<"registry_rate_limited"> {
  const login = HUB.test(refusal.name) && !hasCredentials ? 'log in with "docker login" for a higher limit, or ' : "";
  return new Problem("registry_rate_limited", describe(refusal), {
    hint: `${login}try again later`,
    detail: { name: refusal.name, status: refusal.status },
  });
}

/** The registry refused for another reason, or is broken. */
export function registryRefused(refusal: Refusal): Problem<"registry_refused"> {
  return new Problem("registry_refused", describe(refusal), {
    hint: refusal.status >= 500 ? "the registry has trouble: try again later" : undefined,
    detail: { name: refusal.name, status: refusal.status },
  });
}

/** A blob that the registry does not have. */
export function registryContentMissing(name: string, what: string): Problem<"registry_content_missing"> {
  return new Problem("registry_content_missing", `${name} has no ${what}`, { detail: { name } });
}

/** A host that whoever opened the registry does not let us speak to. */
export function registryNotAllowed(host: string): Problem<"registry_not_allowed"> {
  return new Problem("registry_not_allowed", `${host} is at an address that may not be spoken to from here`, {
    detail: { host },
  });
}

/** What the registry answered cannot be right; nothing of it is used. */
export function registryAnswerInvalid(name: string, why: string, cause?: unknown): Problem<"registry_answer_invalid"> {
  return new Problem("registry_answer_invalid", `the registry of ${name} gave a wrong answer: ${why}`, {
    cause,
    hint: "check that this is the registry you mean and that no proxy changes what it sends",
    detail: { name },
  });
}

function describe({ name, action, status, said }: Refusal): string {
  return `cannot ${action} at ${name}: ${said === "" ? `status ${status}` : `${said} (status ${status})`}`;
}
