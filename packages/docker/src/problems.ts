import { messageOf, Problem, systemCodeOf } from "@opendepot/base";

/** What this package may throw as a {@link Problem}. */
export type DockerProblemCode =
  | "docker_unavailable"
  | "docker_permission_denied"
  | "docker_untrusted"
  | "docker_context_invalid"
  | "docker_refused"
  | "docker_answer_invalid";

/** Nobody answers where Docker should be. */
export function dockerUnavailable(address: string, cause: unknown): Problem<"docker_unavailable"> {
  const why = messageOf(cause) || (systemCodeOf(cause) ?? "unknown error");
  return new Problem("docker_unavailable", `cannot reach Docker at ${address}: ${why}`, {
    cause,
    hint: "start Docker, or point DOCKER_HOST or a docker context to one that runs",
    detail: { address },
  });
}

/** The socket is there, but not for us. */
export function dockerPermissionDenied(address: string, cause: unknown): Problem<"docker_permission_denied"> {
  return new Problem("docker_permission_denied", `permission denied to Docker at ${address}`, {
    cause,
    hint: "run as a member of the group that owns the socket, usually docker, or as root",
    detail: { address },
  });
}

/** TLS itself failed: neither side's certificate is to the other's liking. */
export function dockerUntrusted(address: string, cause: unknown): Problem<"docker_untrusted"> {
  return new Problem("docker_untrusted", `cannot trust Docker at ${address}: ${messageOf(cause)}`, {
    cause,
    hint: "check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or of the docker context",
    detail: { address },
  });
}

/** What says which Docker to use makes no sense. */
export function dockerContextInvalid(what: string, why: string, cause?: unknown): Problem<"docker_context_invalid"> {
  return new Problem("docker_context_invalid", `${what}: ${why}`, {
    cause,
    hint: 'see "docker context ls", or set DOCKER_HOST',
  });
}

/** Docker could not do what was asked, in its own words. */
export function dockerRefused(action: string, said: string, status?: number): Problem<"docker_refused"> {
  return new Problem("docker_refused", `Docker cannot ${action}: ${said === "" ? `status ${status}` : said}`, {
    detail: { status },
  });
}

/** Something answers there that is no Docker, or one that is out of order. */
export function dockerAnswerInvalid(address: string, why: string, cause?: unknown): Problem<"docker_answer_invalid"> {
  return new Problem("docker_answer_invalid", `wrong answer from Docker at ${address}: ${why}`, {
    cause,
    hint: "check that this is the Docker Engine API and not something else",
    detail: { address },
  });
}
