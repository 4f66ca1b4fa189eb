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

/** How long a solve may go on after what drives it has failed. BuildKit: client/solve.go. */
const DRIVER_LOSS_GRACE_MS = 5_000;

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

/** A solve, seen by what drives it. */
export interface DrivenSolve {
  readonly ref: string;
  /** Aborts when the solve is over, for whatever reason. */
  readonly signal: AbortSignal;
  /** Text of the last vertex that failed, as far as is known. */
  lastVertexError(): string | undefined;
}

/** What goes on beside a solve without frontend and LLB, and gives it its result. */
export interface SolveDriver {
  /** Ends when the engine has been told the result. What it throws, unless a `GrpcError`, is the solve's error. */
  run(solve: DrivenSolve): Promise<void>;
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
  return await solveDriven(client, input, undefined, options);
}

/**
 * A solve whose result comes from `driver`; see `solve`.
 *
 * @package
 */
export async function solveDriven(
  client: BuildkitClient,
  input: SolveInput,
  driver: SolveDriver | undefined,
  options: SolveOptions,
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
  const drive = driver && startDriver(driver, { ref, running, feed, stop, signal });
  try {
    const { exporterResponse } = await running;
    await drive?.finish();
    await finish({ session, feed }, { silenceMs: STATUS_SILENCE_MS });
    if (feed.streamError) client.logger.warn("status of a solve was lost", { ref, cause: messageOf(feed.streamError) });
    return { ref, exporterResponse };
  } catch (error) {
    const wasStopped = signal?.aborted === true || stop.signal.aborted;
    const [failure] = await Promise.all([
      drive?.finish(),
      finish({ session, feed }, wasStopped ? { totalMs: ABORT_LIMIT_MS } : { silenceMs: STATUS_SILENCE_MS }),
    ]);
    if (wasStopped) throw error;
    if (failure && !(failure.error instanceof GrpcError)) throw failure.error;
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

/** A driver at work. */
interface RunningDriver {
  /** Waits until it has ended, for a limited time. */
  finish(): Promise<{ readonly error: unknown } | undefined>;
}

interface DriverSurroundings {
  readonly ref: string;
  readonly running: Promise<unknown>;
  readonly feed: StatusFeed;
  readonly stop: AbortController;
  readonly signal: AbortSignal | undefined;
}

/** Runs a driver as long as its solve runs. When it fails, the solve is left some time to say so itself. */
function startDriver(driver: SolveDriver, { ref, running, feed, stop, signal }: DriverSurroundings): RunningDriver {
  const over = new AbortController();
  const end = new GrpcError(GrpcCode.cancelled, "the build is over");
  const ended = running.then(
    () => over.abort(end),
    (error) => over.abort(error),
  );
  const context = {
    ref,
    signal: anySignal(signal, stop.signal, over.signal),
    lastVertexError: () => feed.lastVertexError,
  };
  const outcome = driver.run(context).then(
    () => undefined,
    (error: unknown) => {
      if (error === over.signal.reason) return undefined; // the solve has failed, and the driver with it
      const timer = setTimeout(() => stop.abort(error), DRIVER_LOSS_GRACE_MS);
      void ended.then(() => clearTimeout(timer));
      return { error };
    },
  );
  return {
    finish: async () => {
      const { promise: late, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, ABORT_LIMIT_MS, undefined); // one that heeds no signal must not hold up the solve
      const failure = await Promise.race([outcome, late]);
      clearTimeout(timer);
      return failure;
    },
  };
}
