import { type Logger, messageOf } from "@opendepot/base";
import type { Digest } from "@opendepot/oci";
import type { Counters } from "../stats.ts";
import type { UpstreamClient } from "../upstream/upstream-client.ts";
import type { BlobCache } from "./blob-cache.ts";
import { type Budget, Download, type DownloadReader } from "./download.ts";

/** What all downloads share. */
export interface DownloadsOptions {
  readonly cache: BlobCache;
  /** Of one blob, and of all that come at once. */
  readonly maxBytes: number;
  readonly maxBytesAtOnce: number;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A blob that comes, and whoever asked for it as a reader of it. */
export interface Joined {
  readonly download: Download;
  readonly reader: DownloadReader;
}

/** The downloads that run: one for each blob of a repository, however many want it. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #budget: Budget;
  readonly #running = new Map<string, Download>();
  readonly #ends = new Set<Promise<unknown>>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#budget = { usedBytes: 0, maxBytes: options.maxBytesAtOnce };
  }

  /** Joins the download of a blob, or begins it. The caller disposes of the reader. */
  join(digest: Digest, from: { readonly client: UpstreamClient; readonly repository: string }): Joined {
    const { host, scope } = from.client.upstream;
    const key = [scope, host, from.repository, digest].join(" ");
    const running = this.#running.get(key);
    if (running?.isJoinable) return { download: running, reader: running.join() };
    const { cache, maxBytes, counters, signal } = this.#options;
    const download = new Download({ ...from, digest, cache, maxBytes, counters, signal, budget: this.#budget });
    const reader = download.join(); // before it runs, for it ends when nobody reads
    this.#running.set(key, download);
    const end = download.run().finally(() => {
      if (this.#running.get(key) === download) this.#running.delete(key);
      this.#ends.delete(end);
    });
    end.catch((error: unknown) => {
      this.#options.logger.error("a download could not be put away", { digest, error: messageOf(error) });
    });
    this.#ends.add(end);
    return { download, reader };
  }

  /** Resolves when none is left; they end by the signal. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#ends);
  }
}
