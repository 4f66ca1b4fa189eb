import { type Clock, onAbort } from "@opendepot/base";
import { copiesBusy } from "../problems.ts";

/** What {@link CopyTurns} takes. */
export interface CopyTurnsOptions {
  /** How many copies run at the same time. */
  readonly atOnce: number;
  /** How long a copy waits for its turn, in milliseconds; ten minutes unless given. */
  readonly waitMs?: number | undefined;
  /** How many of one organization wait; 100 unless given. */
  readonly maxWaiting?: number | undefined;
  readonly clock: Clock;
}

/** A copy's place in the queue, then among those that run. Disposing leaves either. */
export interface CopyTurn extends Disposable {
  readonly isHeld: boolean;
  /** Resolves when it is the copy's turn; rejects with `copies_busy`, or with the signal's reason. */
  readonly come: Promise<void>;
}

interface ResolvedTurns extends CopyTurnsOptions {
  readonly waitMs: number;
  readonly maxWaiting: number;
}

interface Waiter {
  readonly organizationId: string;
  begin(): void;
}

const WAIT_MS = 10 * 60_000;
const MAX_WAITING = 100;

/**
 * Lets so many copies run at once, and others wait. The next one is of the organization that has the fewest, and of these
 * the one that came first. The last place is never given to an organization that has all others: however slow the
 * registries that it pushes to are, the rest get through.
 */
export class CopyTurns {
  readonly #options: ResolvedTurns;
  readonly #running = new Map<string, number>();
  readonly #waiting: Waiter[] = [];
  #refused = 0;

  constructor({ atOnce, waitMs = WAIT_MS, maxWaiting = MAX_WAITING, clock }: CopyTurnsOptions) {
    this.#options = { atOnce, waitMs, maxWaiting, clock };
  }

  /** How many copies run. */
  get running(): number {
    return this.#running.values().reduce((sum, count) => sum + count, 0);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many were sent away since the start. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Gets in line for an organization. An abort leaves the line, and also ends a turn: the copy ends with it.
   *
   * @throws {Problem} `copies_busy` when too many of it wait already
   */
  enter(organizationId: string, signal: AbortSignal): CopyTurn {
    signal.throwIfAborted();
    const { atOnce, waitMs, maxWaiting, clock } = this.#options;
    const own = this.#waiting.filter((waiter) => waiter.organizationId === organizationId);
    if (own.length >= maxWaiting) throw this.#refuse(`${maxWaiting} copies of this organization wait already`);
    const { promise: come, resolve, reject } = Promise.withResolvers<void>();
    come.catch(() => undefined); // it is told to whoever waits
    const settled = new AbortController();
    let state: "waiting" | "held" | "over" = "waiting";
    const waiter: Waiter = {
      organizationId,
      begin: () => {
        state = "held";
        settled.abort();
        resolve();
      },
    };
    const leave = (reason: unknown): void => {
      if (state === "waiting") this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      if (state === "held") this.#end(organizationId);
      state = "over";
      settled.abort();
      reject(reason);
    };
    const aborting = onAbort(signal, leave);
    this.#waiting.push(waiter);
    this.#begin();
    if (state === "waiting") {
      clock.sleep(waitMs, settled.signal).then(
        () => leave(this.#refuse(`${atOnce} copies run, and none ended for this one in ${waitMs / 1000} s`)),
        () => undefined, // it is over before
      );
    }
    return {
      get isHeld() {
        return state === "held";
      },
      come,
      [Symbol.dispose]: () => {
        aborting[Symbol.dispose]();
        leave(new Error("the copy is over"));
      },
    };
  }

  #refuse(why: string): Error {
    this.#refused++;
    return copiesBusy(why);
  }

  #end(organizationId: string): void {
    const left = (this.#running.get(organizationId) ?? 1) - 1;
    if (left === 0) this.#running.delete(organizationId);
    else this.#running.set(organizationId, left);
    this.#begin();
  }

  #begin(): void {
    while (this.running < this.#options.atOnce) {
      const next = this.#choose();
      if (next === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#running.set(next.organizationId, this.#runningOf(next) + 1);
      next.begin();
    }
  }

  #choose(): Waiter | undefined {
    const most = Math.max(1, this.#options.atOnce - 1);
    let chosen: Waiter | undefined;
    for (const waiter of this.#waiting) {
      const running = this.#runningOf(waiter);
      if (running < most && (chosen === undefined || running < this.#runningOf(chosen))) chosen = waiter;
    }
    return chosen;
  }

  #runningOf({ organizationId }: Waiter): number {
    return this.#running.get(organizationId) ?? 0;
  }
}
