import { abortable, type Logger, type Problem } from "@opendepot/base";
import { type Builder, type Engine, engineStopped, type RunningEngine, type StartRequest } from "@opendepot/builder";
import type { CacheVolumes } from "./cache-volumes.ts";

/** What all builders of this host share. */
export interface SlotContext {
  readonly volumes: CacheVolumes;
  readonly logger: Logger;
  /** Finds the engine and makes sure that the architecture can be built; tells whether under an emulator. */
  readonly prepare: (request: StartRequest) => Promise<{ readonly engine: Engine; readonly isEmulated: boolean }>;
}

/** A builder that runs, and the engine behind it. */
interface Current {
  readonly builder: Builder;
  readonly engine: RunningEngine;
  readonly gone: AbortController;
}

/** The place of one builder: whatever is done to it is done one after the other. */
export class BuilderSlot {
  readonly #context: SlotContext;
  readonly #id: string;
  #tail: Promise<unknown> = Promise.resolve();
  #starting: { readonly promise: Promise<Builder>; readonly cancel: AbortController } | undefined;
  #current: Current | undefined;

  constructor(id: string, context: SlotContext) {
    this.#id = id;
    this.#context = context;
  }

  /** The builder, while it lives. */
  get builder(): Builder | undefined {
    return this.#current?.gone.signal.aborted ? undefined : this.#current?.builder;
  }

  /**
   * The builder that lives, or the one that is being started, or a new one. An abort ends this caller's wait only,
   * since others may be waiting for the same start.
   */
  async start(request: StartRequest, signal: AbortSignal): Promise<Builder> {
    signal.throwIfAborted();
    if (!this.#starting) {
      if (this.builder) return this.builder;
      const cancel = new AbortController();
      const starting = { promise: this.#enqueue(() => this.#startNow(request, cancel.signal)), cancel };
      this.#starting = starting;
      const settled = (): void => {
        if (this.#starting === starting) this.#starting = undefined;
      };
      starting.promise.then(settled, settled);
    }
    return abortable(this.#starting.promise, signal);
  }

  /** Stops the builder, also one that is still starting, and then does `afterwards` before anything else may happen. */
  async stop(signal: AbortSignal, afterwards: () => Promise<void> = async () => {}): Promise<void> {
    const reason = engineStopped();
    this.#starting?.cancel.abort(reason);
    // A start that comes from now on is a new one, behind this stop.
    this.#starting = undefined;
    this.#current?.gone.abort(reason);
    const stopping = this.#enqueue(async () => {
      this.#current?.gone.abort(reason);
      await this.#current?.engine.stop();
      this.#current = undefined;
      await afterwards();
    });
    await abortable(stopping, signal);
  }

  async #startNow(request: StartRequest, signal: AbortSignal): Promise<Builder> {
    const { volumes, logger } = this.#context;
    const startedAt = performance.now();
    // One that has died may still be putting its things away.
    await this.#current?.engine.stop();
    this.#current = undefined;
    const { engine, isEmulated } = await abortable(this.#context.prepare(request), signal);
    const running = await engine.start({
      folder: volumes.folderOf(this.#id),
      runFolder: await volumes.makeRunFolder(this.#id),
      cachePolicy: request.cachePolicy,
      registries: request.registries,
      architecture: isEmulated ? request.architecture : undefined,
      signal,
    });
    const gone = new AbortController();
    const builder: Builder = {
      id: this.#id,
      projectId: request.projectId,
      architecture: request.architecture,
      endpoint: running.endpoint,
      engine: running.version,
      isEmulated,
      gone: gone.signal,
    };
    this.#current = { builder, engine: running, gone };
    void running.died.then((problem: Problem) => {
      logger.error("engine died", { builderId: this.#id, reason: problem.message });
      gone.abort(problem);
    });
    logger.info("engine started", {
      builderId: this.#id,
      engine: engine.kind,
      ms: Math.round(performance.now() - startedAt),
    });
    return builder;
  }

  async #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
