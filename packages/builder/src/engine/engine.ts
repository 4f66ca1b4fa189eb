import type { Problem } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import type { Architecture, CachePolicy, EngineVersion, RegistryRoutes } from "../provider.ts";

/** The kinds of engine that builders may run. */
export type EngineKind = EngineVersion["kind"];

/**
 * An engine that is installed on this machine and may be started any number of times, each time for another builder.
 */
export interface Engine {
  readonly kind: EngineKind;
  /** Absolute path of its program. */
  readonly command: string;
  /** What its program says its version is, without a leading `v`; `unknown` for a development build. */
  readonly version: string;
  /** What a person should know about it, for instance published escapes. */
  readonly warnings: readonly string[];
  /**
   * Puts away what an earlier engine of the same folders has left, and resolves when the new one answers.
   * The caller stops it.
   *
   * @throws {Problem} `engine_start_failed`, `engine_too_old`, `disk_full`
   */
  start(options: EngineStart): Promise<RunningEngine>;
}

/** Where and how an engine is to run. */
export interface EngineStart {
  /** The cache volume: an absolute path, made when missing, used by one engine at a time. */
  readonly folder: string;
  /** Sockets and temporary files: an absolute path of at most {@link MAX_RUN_FOLDER_BYTES}, emptied at every start. */
  readonly runFolder: string;
  readonly cachePolicy: CachePolicy;
  /** The architecture that builds are for when they do not name one. Default: the machine's own. */
  readonly architecture?: Architecture | undefined;
  /** Default: every registry as usual. */
  readonly registries?: RegistryRoutes | undefined;
  readonly signal: AbortSignal;
}

/**
 * The longest folder in which all sockets of an engine fit into the 107 bytes that Linux allows
 * (`sun_path`, unix(7)); the longest is the one that forwards an SSH agent into a step.
 */
export const MAX_RUN_FOLDER_BYTES = 60;

/** An engine that answers. Disposing stops it. */
export interface RunningEngine extends AsyncDisposable {
  /** Process id of the engine. */
  readonly pid: number;
  readonly endpoint: Endpoint;
  readonly version: EngineVersion;
  /** Resolves with `engine_died` or `disk_full` when it ends without having been asked to; never rejects. */
  readonly died: Promise<Problem>;
  /** Stops it: politely, then by force. Its cache stays. Never rejects; calls join. */
  stop(): Promise<void>;
}
