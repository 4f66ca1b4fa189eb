import { type Clock, type Logger, messageOf, onAbort, Problem, withTimeout } from "@opendepot/base";
import type { Builder, BuilderProvider, RegistryRoutes } from "@opendepot/builder";
import { builderGone, builderStartTimedOut, cacheReset } from "../problems.ts";
import type { BuilderStore } from "../store/builders.ts";
import type { ProjectStore } from "../store/projects.ts";
import { Turns } from "./turns.ts";

/** What the pool works with. The provider is the caller's to dispose of, after the pool. */
export interface PoolOptions {
  readonly provider: BuilderProvider;
  readonly builders: BuilderStore;
  readonly projects: Pick<ProjectStore, "find">;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How an organization's builders reach registries; what it gives is disposed of when the builder is gone. Default: as
   * usual.
   */
  readonly openRoutes?: (organizationId: string) => Promise<OpenRoutes>;
  /** How long a builder that no build holds is kept warm. */
  readonly idleTimeoutMs: number;
  /** For one start; default 10 minutes, since an engine may have to be installed first. */
  readonly startTimeoutMs?: number;
}

/** Ways to registries, which are closed when they are disposed of. */
export interface OpenRoutes extends Disposable {
  readonly registries: RegistryRoutes;
}

/** A builder that runs, as the builds on it see it. */
export interface RunningBuilder {
  readonly builder: Builder;
  /** Aborts with a problem when the builder is gone for whoever uses it. */
  readonly ended: AbortSignal;
}

interface Entry extends RunningBuilder {
  readonly controller: AbortController;
}

/**
 * The builders of this server: started when first needed, kept warm, stopped when idle, started again after a death.
 *
 * All changes of one builder happen one after another. A builder is stopped for idleness only while no build holds a
 * lease of it: a build must hold its lease before it asks for the builder.
 */
export class BuilderPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #logger: Logger;
  readonly #running = new Map<string, Entry>();
  readonly #starts = new Map<string, Promise<RunningBuilder>>();
  readonly #turns = new Turns();
  readonly #closing = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#logger = options.logger;
  }

  /** How many builders run. */
  get size(): number {
    return this.#running.size;
  }

  /** What the provider wants people to know. */
  warnings(): readonly string[] {
    return this.#options.provider.warnings();
  }

  /**
   * The builder, started if it does not run. Everybody who asks meanwhile shares the one start.
   *
   * @throws {Problem} whatever the provider's start throws; `builder_gone` when the builder or its project is deleted
   */
  async start(builderId: string): Promise<RunningBuilder> {
    const known = this.#running.get(builderId) ?? this.#starts.get(builderId);
    if (known) return known;
    const start = this.#turns.take(builderId, () => this.#start(builderId));
    this.#starts.set(builderId, start);
    try {
      return await start;
    } finally {
      if (this.#starts.get(builderId) === start) this.#starts.delete(builderId);
    }
  }

  /** Stops the builders that nobody needs any more. */
  async stopIdle(): Promise<void> {
    const before = new Date(this.#options.clock.now().getTime() - this.#options.idleTimeoutMs);
    for (const id of await this.#options.builders.listIdle(before)) {
      await this.#turns.take(id, () => this.#stopIfIdle(id, before));
    }
  }

  /** Empties the caches of a project. Builds on its builders are cut: a wedged builder must not keep its cache. */
  async reset(projectId: string): Promise<void> {
    const { builders, provider, clock } = this.#options;
    for (const { id } of await builders.listOfProject(projectId)) {
      await this.#turns.take(id, async () => {
        this.#retire(id, cacheReset());
        await provider.reset(id, this.#closing.signal);
        await builders.markStopped(id, clock.now());
        await builders.markReset(id, clock.now());
        this.#logger.info("builder cache reset", { builderId: id });
      });
    }
  }

  /** Lets go of every builder; the provider stops their engines. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(builderGone());
    await this.#turns.settled();
    for (const id of this.#running.keys()) this.#retire(id, builderGone());
    await this.#options.builders.markAllStopped(this.#options.clock.now()).catch((error: unknown) => {
      // The next start of the server marks them as stopped too.
      this.#logger.warn("stopped builders could not be noted", { error: messageOf(error) });
    });
  }

  async #start(id: string): Promise<RunningBuilder> {
    const running = this.#running.get(id);
    if (running) return running;
    const { builders, projects, provider, clock } = this.#options;
    const record = await builders.find(id);
    const project = record && (await projects.find(record.projectId));
    if (!record || !project) throw builderGone(new Error(`there is no builder ${id}`));
    const startedAt = clock.now();
    const { projectId, architecture } = record;
    using cleanup = new DisposableStack();
    const routes = cleanup.use(await this.#options.openRoutes?.(project.organizationId));
    const request = { id, projectId, architecture, cachePolicy: project.cachePolicy, registries: routes?.registries };
    const timeoutMs = this.#options.startTimeoutMs ?? 600_000;
    const start = (signal: AbortSignal): Promise<Builder> => provider.start(request, signal);
    const builder = await withTimeout(timeoutMs, () => builderStartTimedOut(timeoutMs), start, this.#closing.signal);
    const used = cleanup.move();
    onAbort(builder.gone, () => used.dispose());
    const entry = this.#keep(builder);
    await builders.markRunning(builder, clock.now());
    const tookMs = clock.now().getTime() - startedAt.getTime();
    this.#logger.info("builder started", { builderId: id, engine: builder.engine.buildkit, tookMs });
    return entry;
  }

  #keep(builder: Builder): Entry {
    const controller = new AbortController();
    const entry: Entry = { builder, controller, ended: controller.signal };
    this.#running.set(builder.id, entry);
    onAbort(builder.gone, (reason) => {
      if (this.#running.get(builder.id) !== entry) return; // stopped by us
      this.#logger.warn("builder died", { builderId: builder.id, error: messageOf(reason) });
      this.#retire(builder.id, reason instanceof Problem ? reason : builderGone(reason));
      void this.#turns.take(builder.id, () => this.#noteDeath(builder.id));
    });
    return entry;
  }

  async #noteDeath(id: string): Promise<void> {
    if (this.#running.has(id)) return; // started again meanwhile
    const { builders, clock } = this.#options;
    await builders.markStopped(id, clock.now()).catch((error: unknown) => {
      this.#logger.warn("a builder's death could not be noted", { builderId: id, error: messageOf(error) });
    });
  }

  async #stopIfIdle(id: string, before: Date): Promise<void> {
    const entry = this.#running.get(id);
    // Out of sight first: whoever got the builder before this line already holds a lease, which the next line sees;
    // whoever comes later waits for its turn.
    this.#running.delete(id);
    const { builders, provider, clock } = this.#options;
    if (!(await this.#isIdle(id, before))) {
      if (entry) this.#putBack(entry);
      return;
    }
    entry?.controller.abort(builderGone());
    await provider.stop(id, this.#closing.signal);
    await builders.markStopped(id, clock.now());
    this.#logger.info("idle builder stopped", { builderId: id });
  }

  #putBack(entry: Entry): void {
    const { id, gone } = entry.builder;
    if (gone.aborted) entry.controller.abort(builderGone(gone.reason));
    else this.#running.set(id, entry);
  }

  /** A database that does not answer is no reason to stop a builder. */
  async #isIdle(id: string, before: Date): Promise<boolean> {
    return this.#options.builders.isIdle(id, before).catch(() => false);
  }

  #retire(id: string, reason: Error): void {
    const entry = this.#running.get(id);
    this.#running.delete(id);
    entry?.controller.abort(reason);
  }
}
