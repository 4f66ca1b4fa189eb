import { abortable, type Clock, type Logger, messageOf, systemCodeOf } from "@opendepot/base";
import type { StepStore, StepWrite } from "../store/steps.ts";
import type { EngineStatus, StatusSource } from "./engine-status.ts";
import { StatusFold } from "./fold.ts";

/** What the recorder works with. */
export interface RecorderOptions {
  readonly steps: Pick<StepStore, "write">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long statuses are gathered before they are written together; default 150. */
  readonly gatherMs?: number;
  /** Held in memory at most, about; beyond it {@link StatusRecorder.record} waits. Default 32 MiB. */
  readonly maxHeldBytes?: number;
  /** Between attempts to write while the database is away; default 1,000. */
  readonly retryMs?: number;
  /** For the last write when disposed of; default 5,000. */
  readonly drainMs?: number;
  /** How long {@link StatusRecorder.settle} waits at most; default 1,000. */
  readonly settleMs?: number;
}

/**
 * Writes what engines say of builds: gathers the statuses of all builds for a moment and writes them in one
 * transaction. Nothing is lost while the database is away: those who report are made to wait instead.
 */
export class StatusRecorder implements AsyncDisposable {
  readonly #options: Required<RecorderOptions>;
  #folds = new Map<string, StatusFold>();
  /** What is being written. */
  #writing = new Map<string, StatusFold>();
  #isRunning = false;
  /** Settles when what was gathered before has been written. */
  #round = Promise.withResolvers<void>();
  /** Ends the current pause, for whoever wants to see everything written now. */
  #hurry = new AbortController();
  #isClosing = false;

  constructor(options: RecorderOptions) {
    this.#options = {
      gatherMs: 150,
      maxHeldBytes: 32 * 1024 * 1024,
      retryMs: 1000,
      drainMs: 5000,
      settleMs: 1000,
      ...options,
    };
  }

  /** Bytes held in memory now, about. */
  get heldBytes(): number {
    return [...this.#writing.values(), ...this.#folds.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes a status; resolves at once unless too much waits to be written. `stable` names steps across builds. */
  async record(
    source: StatusSource,
    status: EngineStatus,
    stable: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    while (this.heldBytes > this.#options.maxHeldBytes && !this.#isClosing) await this.#round.promise;
    const fold = this.#foldOf(source);
    fold.add(status);
    fold.addStableDigests(stable);
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when all that was recorded before is written. */
  async flush(): Promise<void> {
    // What came while others were being written is written in the round after that.
    for (let rounds = 2; rounds > 0 && this.#isRunning; rounds--) {
      this.#hurry.abort();
      await this.#round.promise;
    }
  }

  /**
   * For whoever is about to read a build: resolves when all that was recorded of it before is written, or when that
   * takes too long. Never rejects.
   */
  async settle(buildId: string): Promise<void> {
    const held = [...this.#writing.values(), ...this.#folds.values()];
    if (!held.some(({ source }) => source.buildId === buildId)) return;
    const over = new AbortController();
    const limit = this.#options.clock.sleep(this.#options.settleMs, over.signal).catch(() => undefined);
    await Promise.race([this.flush(), limit]);
    over.abort(new Error("nobody waits any more"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error("statuses were not written in time")), this.#options.drainMs);
    await abortable(this.flush(), limit.signal).catch((error: unknown) => {
      this.#options.logger.error("statuses are lost", { solves: this.#folds.size, error: messageOf(error) });
    });
    clearTimeout(timer);
    this.#isClosing = true;
    this.#hurry.abort();
  }

  #foldOf(source: StatusSource): StatusFold {
    const key = `${source.buildId}\0${source.ref}`;
    const known = this.#folds.get(key);
    if (known) return known;
    const fold = new StatusFold(source);
    this.#folds.set(key, fold);
    return fold;
  }

  /** Round after round until nothing is left. Never rejects: a failed write is tried again. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#folds.size > 0 && !this.#isClosing) {
      await this.#pause(this.#options.gatherMs);
      this.#writing = this.#folds;
      this.#folds = new Map();
      await this.#write([...this.#writing.values()].map((fold) => fold.toWrite()));
      this.#writing = new Map();
      this.#endRound();
    }
    this.#isRunning = false;
    this.#endRound();
  }

  #endRound(): void {
    this.#round.resolve();
    this.#round = Promise.withResolvers();
  }

  async #write(writes: readonly StepWrite[]): Promise<void> {
    const { logger, retryMs } = this.#options;
    for (let attempt = 1; !(await this.#tryWrite(writes)) && !this.#isClosing; attempt++) {
      if (attempt === 1) logger.warn("statuses cannot be written yet", { solves: writes.length });
      await this.#pause(retryMs);
    }
  }

  /** False when it is worth trying again. */
  async #tryWrite(writes: readonly StepWrite[]): Promise<boolean> {
    const { steps, clock, logger } = this.#options;
    try {
      await steps.write(writes, clock.now());
      return true;
    } catch (error) {
      if (!isRefused(error)) return false;
      const [only] = writes;
      if (writes.length > 1 || !only) return this.#writeSingly(writes);
      // The build is gone, with its project: nobody can ask for its steps any more.
      logger.warn("status refused by the database", { buildId: only.source.buildId, error: messageOf(error) });
      return true;
    }
  }

  /** One refused write must not take the others with it. */
  async #writeSingly(writes: readonly StepWrite[]): Promise<boolean> {
    let isDone = true;
    for (const write of writes) isDone = (await this.#tryWrite([write])) && isDone;
    return isDone;
  }

  async #pause(ms: number): Promise<void> {
    await this.#options.clock.sleep(ms, this.#hurry.signal).catch(() => undefined);
    if (this.#hurry.signal.aborted && !this.#isClosing) this.#hurry = new AbortController();
  }
}

/** SQLSTATE classes of data that will never be accepted: data exceptions and broken constraints. */
function isRefused(error: unknown): boolean {
  return /^2[23]/.test(systemCodeOf(error) ?? "");
}
