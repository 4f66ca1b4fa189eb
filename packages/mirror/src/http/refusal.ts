import { isProblem, messageOf } from "@opendepot/base";

/** How a request is answered that cannot be answered with content. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const MAX_WORDS = 300;
const HUB = /^docker\.io\b/;

/**
 * What a client is told.
 *
 * Whoever came through a builder has a second way, which leads to the upstream itself, with the login of the person who
 * builds. BuildKit takes it after any failure here, but tells people only of the failure that came furthest, and with the
 * mirror's whole URL in it, the secret part as well, where the failure is a status. So everything but "not there" is told
 * as a challenge that nobody can take up: BuildKit gives the words in it to people when its second way fails as well, and
 * whatever the upstream itself says wins over them. (containerd `core/remotes/docker`, resolver.go and auth/fetch.go.)
 */
export function refusalOf(error: unknown, host: string): Refusal {
  if (isProblem(error, "content_missing")) return json(404, "MANIFEST_UNKNOWN", error.message);
  if (isProblem(error, "range_unsatisfiable")) {
    const headers = { "content-range": `bytes */${error.detail["size"]}` };
    return json(416, "SIZE_INVALID", error.message, headers);
  }
  if (isProblem(error, "method_unsupported")) return json(405, "UNSUPPORTED", error.message, { allow: "GET, HEAD" });
  const hint = hintOf(error, host);
  const said = isProblem(error) ? error.message : "the mirror has trouble";
  const words = hint === undefined ? said : `${said}; ${hint}`;
  const status = isProblem(error, "registry_rate_limited") ? "TOOMANYREQUESTS" : "UNAUTHORIZED";
  return json(401, status, words, { "www-authenticate": `Bearer realm="://mirror: ${quotable(words)}"` });
}

/** What a person can do about it; of what every base image of Docker Hub suffers from first of all. */
function hintOf(error: unknown, host: string): string | undefined {
  const isLimited = isProblem(error, "registry_rate_limited");
  if (isLimited || isProblem(error, "registry_denied")) {
    const login = HUB.test(host) ? "docker login" : `docker login ${host}`;
    if (!HUB.test(host)) return `log in with ${login}`;
    return `Docker Hub limits what it gives: authenticate with ${login} or use public.ecr.aws/docker/library/`;
  }
  return isProblem(error) ? error.hint : undefined;
}

function quotable(words: string): string {
  return words
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/["\\%]/g, "'")
    .slice(0, MAX_WORDS);
}

function json(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}

/** For the log; never with the path of the request. */
export function reasonOf(error: unknown): { readonly code: string | undefined; readonly reason: string } {
  return { code: isProblem(error) ? error.code : undefined, reason: messageOf(error) };
}
