/** gRPC status codes: grpc/grpc doc/statuscodes.md. */
export const GrpcCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** One of {@link GrpcCode}'s numbers; a peer may send others. */
export type GrpcCode = number;

/** A detail of a gRPC status: a type URL and its bytes. */
export interface StatusDetail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A call that ended with a status other than OK, on either side. */
export class GrpcError extends Error {
  override name = "GrpcError";
  readonly code: GrpcCode;
  readonly details: readonly StatusDetail[];

  constructor(code: GrpcCode, message: string, options: { details?: readonly StatusDetail[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }
}

/** A call that the peer reset instead of ending it with a status. */
export class CallResetError extends GrpcError {
  override name = "CallResetError";
}

/** A call that was open when its connection went away other than by being closed here; the code is `unavailable`. */
export class ConnectionLostError extends GrpcError {
  override name = "ConnectionLostError";
}
