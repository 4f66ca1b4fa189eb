import { messageOf, Problem, systemCodeOf } from "@opendepot/base";
import type { Endpoint } from "./endpoint.ts";

/** What this package may throw as a {@link Problem}. */
export type BuildkitProblemCode = "engine_unreachable" | "engine_untrusted" | "engine_not_buildkit";

/** The endpoint as people write it; without credentials by nature. */
export function describeEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case "unix":
      return `unix://${endpoint.path}`;
    case "tcp":
      return `tcp://${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
    case "docker":
      return `docker://${endpoint.path}`;
  }
}

/** Nobody answers at the endpoint. */
export function engineUnreachable(endpoint: Endpoint, cause: unknown): Problem<"engine_unreachable"> {
  const address = describeEndpoint(endpoint);
  return new Problem("engine_unreachable", `cannot reach the engine at ${address}: ${textOf(cause)}`, {
    cause,
    hint: unreachableHint(endpoint, systemCodeOf(cause)),
    detail: { address },
  });
}

/** The engine did not get as far as a connection in time. */
export function engineSilent(endpoint: Endpoint, limitMs: number): Problem<"engine_unreachable"> {
  return engineUnreachable(endpoint, new Error(`no connection within ${limitMs} ms`));
}

/** The other side did not prove to be the engine, or it does not accept our certificate. */
export function engineUntrusted(endpoint: Endpoint, cause: unknown): Problem<"engine_untrusted"> {
  const address = describeEndpoint(endpoint);
  return new Problem("engine_untrusted", `cannot trust the engine at ${address}: ${messageOf(cause)}`, {
    cause,
    hint: "check the authority, the server name and the client certificate of this connection",
    detail: { address },
  });
}

/** Something answers there that is no BuildKit. */
export function engineNotBuildkit(endpoint: Endpoint, answer: string): Problem<"engine_not_buildkit"> {
  const address = describeEndpoint(endpoint);
  return new Problem("engine_not_buildkit", `no BuildKit answers at ${address}: ${answer}`, {
    hint:
      endpoint.kind === "docker"
        ? "use Docker Engine 25 or newer with the containerd image store"
        : "check the address and whether it needs TLS",
    detail: { address },
  });
}

/** Node's error for a host with several addresses has a code and no message. */
function textOf(cause: unknown): string {
  return messageOf(cause) || (systemCodeOf(cause) ?? "unknown error");
}

function unreachableHint(endpoint: Endpoint, code: string | undefined): string {
  if (code === "EACCES" || code === "EPERM") return "run as a user who may open the socket";
  if (code === "ENOENT" || code === "ECONNREFUSED") return "start the engine, or correct its address";
  return endpoint.kind === "tcp"
    ? "check that the engine is running and that its port is open from this machine"
    : "check that the engine is running";
}
