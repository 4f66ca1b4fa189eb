import type { Init, Method } from "../wire/message.ts";
import type { Metadata } from "./metadata.ts";

/** What every call takes. */
export interface CallOptions {
  /** Request headers beside gRPC's own. */
  readonly metadata?: Metadata | undefined;
  /** Cancels the call on both sides; it then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Limit for the whole call, sent as `grpc-timeout`; none unless given. It then fails with `deadlineExceeded`. */
  readonly timeoutMs?: number | undefined;
  /** The largest response message taken; 16 MiB unless given. */
  readonly maxMessageBytes?: number | undefined;
}

/**
 * A call whose messages are handled as bytes, for calls that stream both ways.
 *
 * Whoever opened it ends it: read `messages` to the end, or call `cancel`.
 */
export interface RawCall {
  /**
   * The peer's messages without their frames, to be iterated once. Ends when the call ended with OK; leaving the loop
   * early cancels the call. Reading applies backpressure.
   *
   * @throws {GrpcError} when the call ended otherwise
   */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Frames and sends one message; resolves when there is room for more. */
  send(message: Uint8Array): Promise<void>;
  /**
   * Sends bytes that already are whole gRPC frames, without copying them; resolves when there is room for more. They
   * must not change until `onLeft` is called, when the last of them has left; it never is when the call dies before.
   */
  sendFramed(frames: readonly Uint8Array[], onLeft?: () => void): Promise<void>;
  /** Half-closes: nothing more will be sent. */
  end(): void;
  /** Resets the call; a pending read fails with `reason`. Does nothing once the call has ended. */
  cancel(reason?: unknown): void;
}

/**
 * A connection on which gRPC calls are made: the one place that knows HTTP/2 on the client's side.
 *
 * Every call fails with a `GrpcError`, or with the reason of its own signal. After the connection is lost, pending and
 * later calls fail with `unavailable`. Disposing closes the connection; calls still open are reset.
 */
export interface Channel extends AsyncDisposable {
  /** Aborts, with a `GrpcError` as its reason, when the connection is lost or was closed. */
  readonly closed: AbortSignal;
  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Init<Request>,
    options?: CallOptions,
  ): Promise<Response>;
  /** The request goes out with the first read. Leaving the loop early cancels the call. */
  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Init<Request>,
    options?: CallOptions,
  ): AsyncIterable<Response>;
  /** Opens a call to `path` (`/<package.Service>/<Method>`) at once. */
  open(path: string, options?: CallOptions): RawCall;
}
