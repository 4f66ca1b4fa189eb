import path from "node:path";
import { abortable, messageOf } from "@opendepot/base";
import {
  architectureUnavailable,
  type Builder,
  type BuilderProvider,
  type Engine,
  engineStopped,
  findEngine,
  type StartRequest,
} from "@opendepot/builder";
import { BuilderSlot } from "./builder-slot.ts";
import { CacheVolumes } from "./cache-volumes.ts";
import { hasEmulator } from "./emulation.ts";
import type { LocalProviderOptions } from "./options.ts";

/** The provider of this host's builders. */
export interface LocalProvider extends BuilderProvider {
  /**
   * Resolves when an engine has been found, or installed, and what an earlier process left has been put away.
   * Need not be called: every start waits for the same.
   *
   * @throws {Problem} `engine_missing`, `engine_too_old`, `engine_install_failed`
   */
  ready(signal: AbortSignal): Promise<Pick<Engine, "kind" | "command" | "version">>;
}

/**
 * Opens the provider of this host's builders, which begins to look for an engine at once. An engine that could not be
 * found or installed is looked for again by the next start.
 *
 * The caller disposes of it, which stops all engines and keeps their cache volumes.
 */
export async function openLocalProvider(options: LocalProviderOptions): Promise<LocalProvider> {
  const provider = new HostProvider({ ...options, dataDir: path.resolve(options.dataDir) });
  await provider.recover(options.signal ?? new AbortController().signal);
  return provider;
}

class HostProvider implements LocalProvider {
  readonly #options: LocalProviderOptions;
  readonly #volumes: CacheVolumes;
  readonly #slots = new Map<string, BuilderSlot>();
  readonly #closing = new AbortController();
  #finding: Promise<Engine> | undefined;
  #engine: Engine | undefined;
  #failure: unknown;

  constructor(options: LocalProviderOptions) {
    this.#options = options;
    this.#volumes = new CacheVolumes({ ...options, runDir: options.runDir, path: `${options.path}:/usr/sbin:/sbin` });
  }

  async recover(signal: AbortSignal): Promise<void> {
    await this.#volumes.recover(signal);
    this.#findEngine().catch(() => undefined); // told by warnings() and by every start
  }

  async ready(signal: AbortSignal): Promise<Engine> {
    return abortable(this.#findEngine(), signal);
  }

  async start(request: StartRequest, signal: AbortSignal): Promise<Builder> {
    this.#closing.signal.throwIfAborted();
    return this.#slotOf(request.id).start(request, signal);
  }

  async stop(id: string, signal: AbortSignal): Promise<void> {
    await this.#slots.get(id)?.stop(signal);
  }

  async reset(id: string, signal: AbortSignal): Promise<void> {
    await this.#slotOf(id).stop(signal, () => this.#volumes.empty(id, this.#closing.signal));
  }

  list(): readonly Builder[] {
    return [...this.#slots.values()].flatMap((slot) => slot.builder ?? []);
  }

  warnings(): readonly string[] {
    if (this.#engine) return this.#engine.warnings;
    return this.#failure === undefined ? [] : [messageOf(this.#failure)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(engineStopped());
    const never = new AbortController().signal;
    await Promise.all([...this.#slots.values()].map((slot) => slot.stop(never)));
    await this.#finding?.catch(() => undefined);
    await this.#volumes[Symbol.asyncDispose]();
  }

  #slotOf(id: string): BuilderSlot {
    const existing = this.#slots.get(id);
    if (existing) return existing;
    this.#volumes.folderOf(id); // refuses what is no id
    const slot = new BuilderSlot(id, {
      volumes: this.#volumes,
      logger: this.#options.logger,
      prepare: (request) => this.#prepare(request),
    });
    this.#slots.set(id, slot);
    return slot;
  }

  async #prepare(request: StartRequest): Promise<{ engine: Engine; isEmulated: boolean }> {
    const native = this.#options.architecture;
    const isEmulated = request.architecture !== native;
    if (isEmulated && !(await hasEmulator(request.architecture))) {
      throw architectureUnavailable(request.architecture, native);
    }
    return { engine: await this.#findEngine(), isEmulated };
  }

  #findEngine(): Promise<Engine> {
    this.#finding ??= this.#findNow();
    return this.#finding;
  }

  async #findNow(): Promise<Engine> {
    const { logger, dataDir } = this.#options;
    const onProgress = (message: string): void => {
      logger.info("installing an engine", { step: message });
      this.#options.onProgress?.(message);
    };
    try {
      this.#engine = await findEngine({
        ...this.#options,
        configured: this.#options.engine?.path,
        kind: this.#options.engine?.kind,
        env: this.#options.env ?? {},
        installFolder: path.join(dataDir, "engine"),
        onProgress,
        signal: this.#closing.signal,
      });
      const { kind, command, version, warnings } = this.#engine;
      logger.info("engine found", { engine: kind, command, version });
      for (const warning of warnings) logger.warn("engine warning", { warning });
      return this.#engine;
    } catch (error) {
      this.#failure = error;
      this.#finding = undefined; // the next start looks again
      throw error;
    }
  }
}
