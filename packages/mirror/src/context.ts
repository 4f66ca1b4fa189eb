import type { BlobCache } from "./cache/blob-cache.ts";
import type { Downloads } from "./cache/downloads.ts";
import type { ContentStore } from "./metadata/content-store.ts";
import type { UpstreamStore } from "./metadata/upstream-store.ts";
import type { ResolvedMirror } from "./options.ts";
import type { Counters } from "./stats.ts";
import type { Upstreams } from "./upstream/upstreams.ts";

/** What every part of a running mirror works with. */
export interface Context extends ResolvedMirror {
  readonly cache: BlobCache;
  readonly contents: ContentStore;
  readonly entries: UpstreamStore;
  readonly upstreams: Upstreams;
  readonly downloads: Downloads;
  readonly counters: Counters;
  /** Aborts when the mirror is closed. */
  readonly closing: AbortSignal;
}
