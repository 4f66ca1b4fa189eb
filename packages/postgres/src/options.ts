import { resolve } from "node:path";
import { type Logger, silentLogger } from "@opendepot/base";

/** Where the PostgreSQL programs may be taken from. */
export interface BinarySources {
  /** A folder that holds `postgres` and `initdb`. When given, it is the only place that is tried. */
  readonly dir?: string | undefined;
  /**
   * A list of folders in the form of the environment variable `PATH`, tried after the programs of the npm
   * package and before `/usr/lib/postgresql/<version>/bin`. Default: none.
   */
  readonly path?: string | undefined;
}

/** What {@link startManagedPostgres} takes. */
export interface ManagedPostgresOptions {
  /** Folder of this PostgreSQL alone; made when missing. Everything that lasts is in it. */
  readonly dataDir: string;
  /** Default: no lines. */
  readonly logger?: Logger | undefined;
  /** Gives up starting and stops what has been started. It has no effect on a running server. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the npm package's programs, else the system's. */
  readonly binaries?: BinarySources | undefined;
  /** Server settings (`name: value`) beside and above ours, for example `fsync: "off"` for tests. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /**
   * How long a start may go without any sign of progress, in milliseconds. Default: 60,000. A recovery
   * after a crash reports its progress every 10 seconds and may take as long as it needs.
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * How long an orderly stop may take before open sessions are cut without a checkpoint, in milliseconds.
   * Default: 10,000. Nothing that was acknowledged is lost either way.
   */
  readonly stopTimeoutMs?: number | undefined;
}

/** {@link ManagedPostgresOptions} with every default filled in. */
export interface ResolvedOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly signal: AbortSignal | undefined;
  readonly binaries: BinarySources;
  readonly settings: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** Fills in the defaults. */
export function resolveOptions(options: ManagedPostgresOptions): ResolvedOptions {
  return Object.freeze({
    dataDir: resolve(options.dataDir),
    logger: options.logger ?? silentLogger,
    signal: options.signal,
    binaries: options.binaries ?? {},
    settings: options.settings ?? {},
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
  });
}
