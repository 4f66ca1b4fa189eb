import { GrpcError } from "@opendepot/buildkit";

/** BuildKit exporter/containerimage/export.go, and what registries and networks say that are only busy or restarting. */
const PUSH = /failed to push /;
const PASSING =
  /\b(?:408|429|500|502|503|504) [A-Z]|toomanyrequests|connection re(?:set|fused)|broken pipe|\bEOF\b|i\/o timeout|handshake timeout|deadline exceeded|server closed idle connection/;

/**
 * Whether a solve failed in nothing but its push, for a reason that may pass. BuildKit itself tries each request a few
 * times within some seconds.
 */
export function isPassingPushFailure(error: unknown): boolean {
  return error instanceof GrpcError && PUSH.test(error.message) && PASSING.test(error.message);
}
