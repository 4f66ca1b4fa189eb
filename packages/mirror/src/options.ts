import { join } from "node:path";
import { type Clock, type Logger, silentLogger, systemClock } from "@opendepot/base";
import type { Kysely } from "kysely";

/** What {@link openMirror} takes. */
export interface MirrorOptions<Tables> {
  /** On a database with the tables of `migrateMirror`; the caller closes it. It may hold tables of others, too. */
  readonly database: Kysely<Tables>;
  /** A folder of this machine for the cached bytes; made if it is missing, and nothing else may be in it. */
  readonly folder: string;
  /** How many bytes are kept; 50 GB unless given. What was imported counts, but does not go. */
  readonly maxBytes?: number | undefined;
  /** For how long a tag counts as fresh after the upstream was asked; 30,000 unless given. */
  readonly freshMs?: number | undefined;
  /** For how long an upstream is left alone that does not answer or limits the rate; 20,000 unless given. */
  readonly pauseMs?: number | undefined;
  /** A client that takes nothing for so long is cut; 60,000 unless given. */
  readonly idleMs?: number | undefined;
  /** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. A proxy resolves names itself, which no check here can follow. */
  readonly proxyEnvironment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Certificate authorities in PEM that upstreams may prove themselves with, beside the usual ones. */
  readonly authorities?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  /** Silent unless given. */
  readonly logger?: Logger | undefined;
}

/** {@link MirrorOptions} with everything filled in. */
export interface ResolvedMirror {
  readonly folder: string;
  readonly maxBytes: number;
  /** Of one piece of content: half of all, so that one image cannot push out everything else. */
  readonly maxBlobBytes: number;
  readonly freshMs: number;
  readonly pauseMs: number;
  readonly idleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const DEFAULT_MAX_BYTES = 50_000_000_000;

/** Fills in the defaults. */
export function resolveMirrorOptions<Tables>(options: MirrorOptions<Tables>): ResolvedMirror {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  return Object.freeze({
    folder: join(options.folder),
    maxBytes,
    maxBlobBytes: Math.floor(maxBytes / 2),
    freshMs: options.freshMs ?? 30_000,
    pauseMs: options.pauseMs ?? 20_000,
    idleMs: options.idleMs ?? 60_000,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  });
}
