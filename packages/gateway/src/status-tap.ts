import { type Logger, messageOf, systemClock } from "@opendepot/base";
import { type BuildkitClient, GrpcCode, GrpcError } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";

import type { Caller, GatewayHost } from "./contract.ts";
import { MaskedStatus } from "./secrets/masked-status.ts";
import type { SecretValues } from "./secrets/secret-values.ts";

/** How soon an engine is asked again about a solve that it does not know yet. */
const RETRY_MS = 250;
/** How long the engine may be silent after the solve's call has ended; by then it has normally said all. */
const SILENCE_LIMIT_MS = 10_000;

/** One solve to be listened to. */
export interface TappedSolve {
  readonly caller: Caller;
  readonly ref: string;
  /** Connects to the engine. */
  readonly open: (signal: AbortSignal) => Promise<BuildkitClient>;
  readonly host: GatewayHost;
  readonly logger: Logger;
  /** Masked in everything that the host is told. */
  readonly secrets: SecretValues;
  /** Aborts when the solve's own call has ended, however it did. */
  readonly solved: AbortSignal;
  /** Called when the engine has taken the tap's question, or when it is clear that it will not. */
  readonly onListening: () => void;
  /** Aborts when the gateway closes. */
  readonly signal: AbortSignal;
}

/**
 * Tells the host everything that the engine says of a solve, on a connection of its own: it is complete though the
 * client asks for no status, or vanishes. Resolves at the solve's end; never rejects, as no client waits for it.
 */
export async function tapStatus(solve: TappedSolve): Promise<void> {
  const silence = new SilenceLimit(solve.solved);
  const signal = AbortSignal.any([solve.signal, silence.signal]);
  const masked = new MaskedStatus(solve.secrets);
  try {
    await using client = await solve.open(signal);
    for (;;) {
      try {
        const statuses = client.status(solve.ref, { signal })[Symbol.asyncIterator]();
        const first = statuses.next();
        // An engine forgets a solve when it ends, so it must have been asked before the solve begins. It reads calls
        // in their order: whatever answers a later one has read this one.
        await Promise.race([client.info({ signal }), first]).catch(() => undefined);
        solve.onListening();
        for await (const status of startedWith(first, statuses)) {
          silence.pause();
          await deliver(solve, masked.mask(status));
          silence.resume();
        }
        return;
      } catch (error) {
        // The tap may be faster than the solve that it follows.
        const isUnknownYet = error instanceof GrpcError && error.code === GrpcCode.notFound && !solve.solved.aborted;
        if (!isUnknownYet) throw error;
        await systemClock.sleep(RETRY_MS, signal);
      }
    }
  } catch (error) {
    solve.logger.info("status of a solve ended early", { ref: solve.ref, error: messageOf(error) });
  } finally {
    const rest = masked.rest();
    if (rest) await deliver(solve, rest);
    solve.onListening();
    silence[Symbol.dispose]();
  }
}

/** What is left of an iterator whose first result was asked for already. */
async function* startedWith<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let result = await first; !result.done; result = await rest.next()) yield result.value;
  } finally {
    await rest.return?.();
  }
}

async function deliver({ host, caller, ref, logger }: TappedSolve, status: StatusResponse): Promise<void> {
  try {
    await host.onStatus(caller, ref, status);
  } catch (error) {
    // One message that cannot be stored must not cost all that follow it.
    logger.error("status of a solve was not taken", { ref, error: messageOf(error) });
  }
}

/** Aborts when the engine has been silent for too long after the solve ended; time that the host takes is not counted. */
class SilenceLimit implements Disposable {
  readonly #limit = new AbortController();
  readonly #solved: AbortSignal;
  readonly #start = (): void => {
    if (this.#isPaused || !this.#solved.aborted) return;
    const reason = new Error(`the engine said nothing for ${SILENCE_LIMIT_MS} ms after the solve`);
    this.#timer = setTimeout(() => this.#limit.abort(reason), SILENCE_LIMIT_MS);
  };
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;

  constructor(solved: AbortSignal) {
    this.#solved = solved;
    solved.addEventListener("abort", this.#start, { once: true });
    this.#start();
  }

  get signal(): AbortSignal {
    return this.#limit.signal;
  }

  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.#isPaused = false;
    this.#start();
  }

  [Symbol.dispose](): void {
    this.pause();
    this.#solved.removeEventListener("abort", this.#start);
  }
}
