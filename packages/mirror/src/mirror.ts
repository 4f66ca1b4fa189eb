import type { Digest } from "@opendepot/oci";
import { BlobCache } from "./cache/blob-cache.ts";
import { Downloads } from "./cache/downloads.ts";
import { Manifests } from "./content/manifests.ts";
import type { Context } from "./context.ts";
import { type Doors, type HandlerParts, handle } from "./http/handler.ts";
import type { MirrorRequest, MirrorResponse } from "./http/messages.ts";
import { MIRROR_PATH } from "./http/route.ts";
import { type ImportedArchive, type ImportOptions, importArchive } from "./import/import-archive.ts";
import { ContentStore, type ImportedImage } from "./metadata/content-store.ts";
import type { Query } from "./metadata/tables.ts";
import { type UpstreamEntry, UpstreamStore } from "./metadata/upstream-store.ts";
import { type MirrorOptions, resolveMirrorOptions } from "./options.ts";
import { mirrorClosing } from "./problems.ts";
import { type MirrorStats, newCounters } from "./stats.ts";
import type { Upstream } from "./upstream/upstream.ts";
import { Upstreams } from "./upstream/upstreams.ts";

/** A running mirror. Disposing ends what runs and closes what it opened, not what it was given. */
export interface Mirror extends AsyncDisposable {
  /** Whether a path is the mirror's to answer. */
  owns(path: string): boolean;
  /** Answers a request of HTTP/1.1 or HTTP/2; never rejects. */
  handle(request: MirrorRequest, response: MirrorResponse): Promise<void>;
  /** The registries that are mirrored for an organization, as it sees them. */
  upstreams(organization: string): Promise<Upstream[]>;
  /** What administrators have added. */
  list(): Promise<UpstreamEntry[]>;
  /** Adds an upstream, or changes it: what was fetched with an earlier login is not seen any more, nor what still comes. */
  put(entry: UpstreamEntry): Promise<void>;
  /** Takes an upstream away that was added; a usual one goes back to what is usual. False if there is none. */
  remove(host: string, organization: string): Promise<boolean>;
  /** Puts an image into the cache from a file or folder. @throws {Problem} `archive_invalid`, `upstream_unknown` */
  import(options: ImportOptions): Promise<ImportedArchive>;
  /** Lets an imported image go when its time comes. False if there is none of this name. */
  forget(name: string): Promise<boolean>;
  imported(): Promise<ImportedImage[]>;
  stats(): MirrorStats;
}

/**
 * Opens a mirror on a database with its tables.
 *
 * @param doors tells whom a request speaks for by the unguessable part of its path
 */
export async function openMirror<Tables>(options: MirrorOptions<Tables>, doors: Doors): Promise<Mirror> {
  const resolved = resolveMirrorOptions(options);
  const { clock, folder, logger, maxBytes, maxBlobBytes: maxBlob, pauseMs } = resolved;
  const db = options.database as unknown as Query; // the mirror's tables are there, whatever else is
  const contents = new ContentStore(db);
  const onEvicted = (digests: readonly Digest[]): Promise<void> => contents.forgetContents(digests);
  const cache = await BlobCache.open({ folder, maxBytes, logger, onEvicted }, await contents.listKept());
  const closing = new AbortController();
  const counters = newCounters();
  const { proxyEnvironment, authorities } = options;
  const context: Context = {
    ...{ ...resolved, cache, contents, counters },
    entries: new UpstreamStore(db),
    upstreams: new Upstreams({ clock, pauseMs, proxyEnvironment, authorities }),
    downloads: new Downloads({
      ...{ cache, counters, logger, signal: closing.signal },
      ...{ maxBytes: maxBlob, maxBytesAtOnce: maxBytes },
    }),
    closing: closing.signal,
  };
  return new OpenMirror({ context, manifests: new Manifests(context), doors }, closing);
}

class OpenMirror implements Mirror {
  readonly #parts: HandlerParts;
  readonly #context: Context;
  readonly #closing: AbortController;
  readonly #running = new Set<Promise<unknown>>();
  #lastImport: Promise<unknown> = Promise.resolve();

  constructor(parts: HandlerParts, closing: AbortController) {
    this.#parts = parts;
    this.#context = parts.context;
    this.#closing = closing;
  }

  owns(path: string): boolean {
    return path.startsWith(MIRROR_PATH);
  }

  async handle(request: MirrorRequest, response: MirrorResponse): Promise<void> {
    await this.#track(handle(this.#parts, request, response));
  }

  async upstreams(organization: string): Promise<Upstream[]> {
    return await this.#context.entries.listFor(organization);
  }

  async list(): Promise<UpstreamEntry[]> {
    return await this.#context.entries.list();
  }

  async put(entry: UpstreamEntry): Promise<void> {
    await this.#context.entries.put(entry);
    await this.#context.contents.forgetScopesOf(entry.organization || "*", entry.host);
  }

  async remove(host: string, organization: string): Promise<boolean> {
    const isRemoved = await this.#context.entries.remove(host, organization);
    if (isRemoved) await this.#context.contents.forgetScopesOf(organization || "*", host);
    return isRemoved;
  }

  async import(options: ImportOptions): Promise<ImportedArchive> {
    this.#closing.signal.throwIfAborted();
    const { cache, contents } = this.#context;
    // One after the other: what stays is what the database says, and meanwhile what this one brings.
    const importing = this.#lastImport.then(async () => {
      try {
        return await importArchive(this.#context, options);
      } finally {
        cache.keepOnly(await contents.listKept());
      }
    });
    this.#lastImport = importing.catch(() => undefined);
    return await this.#track(importing);
  }

  async forget(name: string): Promise<boolean> {
    const { cache, contents } = this.#context;
    await this.#lastImport;
    const isForgotten = await contents.forgetImported(name);
    cache.keepOnly(await contents.listKept());
    return isForgotten;
  }

  async imported(): Promise<ImportedImage[]> {
    return await this.#context.contents.listImported();
  }

  stats(): MirrorStats {
    const { bytes, count, evicted, maxBytes } = this.#context.cache;
    return { ...this.#context.counters, bytes, count, evicted, maxBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(mirrorClosing());
    await Promise.allSettled(this.#running);
    await this.#context.downloads.settled();
    this.#context.upstreams[Symbol.dispose]();
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}
