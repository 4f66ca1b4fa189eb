import type { Metadata } from "../rpc/metadata.ts";

/**
 * One call that the engine makes to us inside a session.
 *
 * Messages are gRPC message bodies without their 5-byte frame.
 */
export interface SessionCall {
  /** Request headers, repeated ones kept apart. */
  readonly metadata: Metadata;
  /** The engine's messages; ends when it half-closes. Reading applies backpressure. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Aborts when the engine resets the call or the session ends. */
  readonly signal: AbortSignal;
  /** Frames and sends one message; resolves when there is room for more. */
  send(message: Uint8Array): Promise<void>;
  /**
   * Sends bytes that already hold one or more whole gRPC frames (flag, length, message); resolves when there
   * is room for more. For bulk: many small messages go out in one write. They must not change until `onLeft` is called,
   * when the last of them has left; it never is when the call dies before.
   */
  sendFramed(frames: Uint8Array, onLeft?: () => void): Promise<void>;
}

/**
 * Serves one method. Returning ends the call with OK; a thrown `GrpcError` ends it with its status, any other
 * error with `unknown` and its message. Unary methods read one message and send one.
 */
export type SessionMethod = (call: SessionCall) => Promise<void>;

/** A gRPC service that we serve to the engine inside a session; BuildKit calls it an attachable. */
export interface SessionService {
  /** For instance `moby.filesync.v1.FileSync`. */
  readonly name: string;
  /** By method name, for instance `DiffCopy`. The engine compares names without regard to case. */
  readonly methods: Readonly<Record<string, SessionMethod>>;
}
