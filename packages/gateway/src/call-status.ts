import { isProblem, messageOf } from "@opendepot/base";
import { GrpcCode, GrpcError, trailersOf as grpcTrailersOf } from "@opendepot/buildkit";

/** Trailer in which the gateway names its own problem for programs; engines never send it. */
const PROBLEM_HEADER = "opendepot-problem";

/** How a call ends that the gateway ends by itself. */
export interface CallStatus {
  readonly code: GrpcCode;
  readonly message: string;
  /** The problem's code, when it was one. */
  readonly problem?: string | undefined;
}

/** What a thrown thing means to the caller. Unexpected errors do not show their text to clients. */
export function statusOf(thrown: unknown): CallStatus {
  if (!isProblem(thrown)) return { code: GrpcCode.internal, message: "the gateway failed to handle the call" };
  const message = thrown.hint ? `${thrown.message} (${thrown.hint})` : thrown.message;
  return { code: CODES[thrown.code] ?? GrpcCode.unavailable, message, problem: thrown.code };
}

/** What an admission's end means to the calls that it cuts: a build's own end is a cancellation, not a refusal. */
export function cutStatusOf(reason: unknown): CallStatus {
  if (!isProblem(reason)) return { code: GrpcCode.cancelled, message: `the build has ended: ${messageOf(reason)}` };
  return { ...statusOf(reason), ...(reason.code === "build_ended" && { code: GrpcCode.cancelled }) };
}

/** The header fields of a status: grpc/grpc doc/PROTOCOL-HTTP2.md, "Responses". */
export function trailersOf({ code, message, problem }: CallStatus): Record<string, string> {
  const trailers = grpcTrailersOf(new GrpcError(code, message.slice(0, MAX_MESSAGE_LENGTH)));
  return problem ? { ...trailers, [PROBLEM_HEADER]: problem } : trailers;
}

/** Longer texts are cut, so that no client refuses the trailers. */
const MAX_MESSAGE_LENGTH = 4_096;

/** What problems are on the wire; all others, the host's among them, mean that the builder cannot be used now. */
const CODES: Readonly<Record<string, GrpcCode>> = {
  build_ended: GrpcCode.permissionDenied,
  call_malformed: GrpcCode.invalidArgument,
  call_refused: GrpcCode.permissionDenied,
  compression_refused: GrpcCode.permissionDenied,
  entitlement_refused: GrpcCode.permissionDenied,
  limit_exceeded: GrpcCode.resourceExhausted,
  ref_refused: GrpcCode.permissionDenied,
  session_refused: GrpcCode.permissionDenied,
  session_unreadable: GrpcCode.invalidArgument,
};
