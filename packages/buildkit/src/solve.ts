import { anySignal, messageOf, onAbort } from "@opendepot/base";
import type { BuildkitClient } from "./client.ts";
import { Control, type StatusResponse } from "./gen/moby/buildkit/v1/control.ts";
import { randomId } from "./random-id.ts";
import { GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import { openSession, type Session } from "./session/session.ts";
import { explainFailure } from "./solve-failure.ts";
import { type SolveInput, toSolveRequest } from "./solve-input.ts";
import { type DrainLimit, openStatusFeed, type StatusFeed } from "./status-feed.ts";

/** How long the status stream may be silent after the solve has ended. */
const STATUS_SILENCE_MS = 5_000;

/** How long an aborted solve waits for the engine to say that it has stopped. */
const ABORT_LIMIT_MS = 500;

/** How long a solve may go on after its session was refused: its own error tells more. */
const SESSION_LOSS_GRACE_MS = 1_000;

/** What accompanies a solve. */
export interface SolveOptions {
  /** Cancels the solve in the engine too; `solve` then fails with the reason within a second. */
  readonly signal?: AbortSignal | undefined;
  /** Gets everything that the engine says of the solve, in order; awaited. When it throws, the solve is cancelled. */
  readonly onStatus?: ((status: StatusResponse) => void | Promise<void>) | undefined;
}

/** How a solve ended. */
export interface SolveResult {
  readonly ref: string;
  /** What exporters tell, for instance `containerimage.digest`. */
  readonly exporterResponse: Readonly<Record<string, string>>;
}

/**
 * Solves `input` in the engine: opens a session with its services, starts the solve and follows its status.
 *
 * When it returns or throws, nothing of it is left open on either side, and `onStatus` is called no more.
 *
 * @throws {SolveError} when the engine says that the solve failed; `GrpcError` `unavailable` when it was lost;
 * the signal's reason on abort
 */
export async function solve(
  client: BuildkitClient,
  input: SolveInput,
  options: SolveOptions = {},
): Promise<SolveResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const ref = input.ref ?? randomId();
  const session = openSession(client.channel, {
    services: input.services ?? [],
    sharedKey: input.sharedKey,
    logger: client.logger,
  });
  const stop = new AbortController();
  const running = client.channel.unary(Control.solve, toSolveRequest(input, ref, session.id), {
    signal: anySignal(signal, stop.signal),
  });
  const feed = openStatusFeed(
    (ended) => client.status(ref, { signal: ended }),
    options.onStatus,
    (error) => stop.abort(error),
  );
  const watch = stopWhenRefused(session, stop);
  try {
    const { exporterResponse } = await running;
    await finish({ session, feed }, { silenceMs: STATUS_SILENCE_MS });
    if (feed.streamError) client.logger.warn("status of a solve was lost", { ref, cause: messageOf(feed.streamError) });
    return { ref, exporterResponse };
  } catch (error) {
    const wasStopped = signal?.aborted === true || stop.signal.aborted;
    await finish({ session, feed }, wasStopped ? { totalMs: ABORT_LIMIT_MS } : { silenceMs: STATUS_SILENCE_MS });
    if (wasStopped) throw error;
    throw await explainFailure(error, { client, ref, vertexError: feed.lastVertexError });
  } finally {
    watch[Symbol.dispose]();
  }
}

/** Ends what accompanies a solve: the session, which the engine needs no more, and the status stream. */
async function finish({ session, feed }: { session: Session; feed: StatusFeed }, limit: DrainLimit): Promise<void> {
  await Promise.all([session[Symbol.asyncDispose](), feed.drain(limit)]);
}

/** Stops a solve whose session the engine refused, as it would only wait for it. */
function stopWhenRefused(session: Session, stop: AbortController): Disposable {
  const cleanup = new DisposableStack();
  cleanup.use(
    onAbort(session.closed, (reason) => {
      if (!(reason instanceof GrpcError) || reason.code === GrpcCode.cancelled) return;
      const timer = setTimeout(() => stop.abort(reason), SESSION_LOSS_GRACE_MS);
      cleanup.defer(() => clearTimeout(timer));
    }),
  );
  return cleanup;
}
