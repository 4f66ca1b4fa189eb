import type { StatusResponse } from "./gen/moby/buildkit/v1/control.ts";

/** A status stream on its way to a listener. */
export interface StatusFeed {
  /** Text of the last vertex error that went by. */
  readonly lastVertexError: string | undefined;
  /** What the listener threw. */
  readonly listenerError: unknown;
  /** Why the stream failed, other than by being ended here. */
  readonly streamError: unknown;
  /** Lets the stream run out within a limit; afterwards the listener is called no more. */
  drain(limit: DrainLimit): Promise<void>;
}

/** When to give up on the rest of a stream: after so much silence, or after so much time. */
export type DrainLimit = { readonly silenceMs: number } | { readonly totalMs: number };

/** Gets one status after the other; awaited. */
export type StatusListener = (status: StatusResponse) => void | Promise<void>;

/** A call that can be told to stop; its statuses are read at once. */
export type OpenStatus = (signal: AbortSignal) => AsyncIterable<StatusResponse>;

/**
 * Hands every status to `listener`, one after the other.
 *
 * @param onListenerError called once when the listener throws; the feed then ends
 */
export function openStatusFeed(
  open: OpenStatus,
  listener: StatusListener | undefined,
  onListenerError: (error: unknown) => void,
): StatusFeed {
  const feed = new RunningFeed(listener, onListenerError);
  feed.start(open);
  return feed;
}

class RunningFeed implements StatusFeed {
  readonly #listener: StatusListener | undefined;
  readonly #onListenerError: (error: unknown) => void;
  readonly #stop: AbortController = new AbortController();
  #finished: Promise<void> = Promise.resolve();
  #silence: NodeJS.Timeout | undefined;
  lastVertexError: string | undefined;
  listenerError: unknown;
  streamError: unknown;

  constructor(listener: StatusListener | undefined, onListenerError: (error: unknown) => void) {
    this.#listener = listener;
    this.#onListenerError = onListenerError;
  }

  start(open: OpenStatus): void {
    this.#finished = this.#run(open(this.#stop.signal));
  }

  async drain(limit: DrainLimit): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => {
      this.#stop.abort(new Error("the status stream took too long to end"));
      stopped.resolve();
    };
    const timer = setTimeout(stop, "silenceMs" in limit ? limit.silenceMs : limit.totalMs);
    if ("silenceMs" in limit) this.#silence = timer;
    await Promise.race([this.#finished, stopped.promise]); // a listener that hangs must not hold up the solve
    clearTimeout(timer);
  }

  async #run(statuses: AsyncIterable<StatusResponse>): Promise<void> {
    try {
      for await (const status of statuses) {
        if (this.#stop.signal.aborted) return;
        this.#silence?.refresh();
        for (const { error } of status.vertexes) this.lastVertexError = error || this.lastVertexError;
        if (!(await this.#tell(status))) return;
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.streamError = error;
    }
  }

  /** False when the listener failed. */
  async #tell(status: StatusResponse): Promise<boolean> {
    try {
      await this.#listener?.(status);
      return true;
    } catch (error) {
      this.listenerError = error;
      this.#onListenerError(error);
      return false;
    }
  }
}
