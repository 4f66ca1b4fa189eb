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
  return { code: CODES[thrown.code] ?? GrpcCode.permissionDenied, message, problem: thrown.code };
}

/** What an admission's end means to the calls that it cuts. */
export function cutStatusOf(reason: unknown): CallStatus {
  if (!isProblem(reason)) return { code: GrpcCode.cancelled, message: `the build has ended: ${messageOf(reason)}` };
  const status = statusOf(reason);
  return status.code === GrpcCode.permissionDenied ? { ...status, code: GrpcCode.cancelled } : status;
}

/** The header fields of a status: grpc/grpc doc/PROTOCOL-HTTP2.md, "Responses". */
export function trailersOf({ code, message, problem }: CallStatus): Record<string, string> {
  const trailers = grpcTrailersOf(new GrpcError(code, message.slice(0, MAX_MESSAGE_LENGTH)));
  return problem ? { ...trailers, [PROBLEM_HEADER]: problem } : trailers;
}

/** Longer texts are cut, so that no client refuses the trailers. */
const MAX_MESSAGE_LENGTH = 4_096;

/** Problems, the host's among them, that are no refusal of what the caller may do. */
const CODES: Readonly<Record<string, GrpcCode>> = {
  builder_gone: GrpcCode.unavailable,
  call_malformed: GrpcCode.invalidArgument,
  engine_lost: GrpcCode.unavailable,
  engine_unreachable: GrpcCode.unavailable,
  gateway_closing: GrpcCode.unavailable,
  limit_exceeded: GrpcCode.resourceExhausted,
};
