import { Problem } from "@opendepot/base";

/** What the gateway's problems are called. */
export type GatewayProblemCode =
  | "authority_invalid"
  | "build_id_invalid"
  | "builder_id_invalid"
  | "call_refused"
  | "call_malformed"
  | "compression_refused"
  | "engine_lost"
  | "engine_unreachable"
  | "entitlement_refused"
  | "gateway_closing"
  | "gateway_listen_failed"
  | "limit_exceeded"
  | "ref_refused"
  | "session_refused"
  | "session_unreadable";

type GatewayProblem = Problem<GatewayProblemCode>;

export function authorityInvalid(cause: unknown): GatewayProblem {
  return new Problem("authority_invalid", "the stored certificate authority cannot be read", {
    cause,
    hint: "restore the authority's certificate and key, or delete both to create a new authority",
  });
}

export function buildIdInvalid(buildId: string): GatewayProblem {
  return new Problem("build_id_invalid", `not a build id: ${JSON.stringify(buildId)}`, {
    hint: "use 1 to 128 letters, digits, '-' and '_'",
  });
}

export function builderIdInvalid(builderId: string): GatewayProblem {
  return new Problem("builder_id_invalid", `not a builder id: ${JSON.stringify(builderId)}`, {
    hint: "use 1 to 63 lower-case letters, digits and '-', as in a host name",
  });
}

export function listenFailed(where: string, cause: unknown): GatewayProblem {
  return new Problem("gateway_listen_failed", `the gateway cannot listen on ${where}`, {
    cause,
    hint: "choose another address or port, or stop what uses it",
  });
}

export function callRefused(path: string): GatewayProblem {
  return new Problem("call_refused", `a build may not call ${path.slice(0, 200)}`, {
    hint: "a builder takes builds only; use depot cache reset to empty its cache",
  });
}

export function callMalformed(what: string, cause?: unknown): GatewayProblem {
  return new Problem("call_malformed", what, { cause });
}

export function refRefused(ref: string): GatewayProblem {
  return new Problem("ref_refused", `solve ${JSON.stringify(ref.slice(0, 100))} does not belong to this build`);
}

export function sessionRefused(id: string): GatewayProblem {
  return new Problem("session_refused", `session ${JSON.stringify(id.slice(0, 100))} does not belong to this build`);
}

export function sessionUnreadable(what: string): GatewayProblem {
  return new Problem("session_unreadable", `this session cannot be followed: ${what}`, {
    hint: "a builder takes sessions as docker buildx and depot send them, neither compressed nor padded",
  });
}

export function entitlementRefused(entitlement: string): GatewayProblem {
  return new Problem("entitlement_refused", `entitlement ${entitlement.slice(0, 100)} is not granted on this builder`, {
    hint: "build without it, or ask the server's administrator to allow it",
  });
}

export function compressionRefused(compression: string): GatewayProblem {
  return new Problem("compression_refused", `this builder's engine would crash on compression=${compression}`, {
    hint: "use compression=zstd or gzip, or a BuildKit that was built with Go 1.26 as the server's engine",
  });
}

export function limitExceeded(what: string): GatewayProblem {
  return new Problem("limit_exceeded", what, { hint: "try again with fewer at a time" });
}

export function engineUnreachable(builderId: string, cause: unknown): GatewayProblem {
  return new Problem("engine_unreachable", `the engine of builder ${builderId} does not answer`, {
    cause,
    hint: "start the build again: the builder is restarted with its cache",
  });
}

export function engineLost(builderId: string): GatewayProblem {
  return new Problem("engine_lost", `the engine of builder ${builderId} stopped in the middle of the build`, {
    hint: "start the build again: the builder is restarted with its cache",
  });
}

export function gatewayClosing(): GatewayProblem {
  return new Problem("gateway_closing", "the gateway is shutting down", { hint: "start the build again in a moment" });
}
