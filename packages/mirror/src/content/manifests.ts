import { abortable, anySignal, isProblem, messageOf } from "@opendepot/base";
import { type Digest, isDigest } from "@opendepot/oci";
import { registryAnswerInvalid } from "@opendepot/registry-client/parts";
import type { Context } from "../context.ts";
import { isKeptDigest } from "../digests.ts";
import type { KnownTag } from "../metadata/content-store.ts";
import type { RemoteContent } from "../upstream/upstream-client.ts";
import { isTrouble } from "../upstream/upstreams.ts";
import { LOOK_MS, type Source } from "./place.ts";

/** A manifest as the mirror has it. */
export interface MirroredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** Undefined where only its head was asked for and the upstream has told that. */
  readonly bytes: Buffer | undefined;
  /** Why the upstream could not be asked whether it is still this one. */
  readonly staleBecause: string | undefined;
}

/** What is wanted of a manifest. */
export interface ManifestRequest {
  /** A tag or a digest. */
  readonly reference: string;
  /** Only digest, type and size: the upstream need not send it. */
  readonly isHead: boolean;
  readonly signal: AbortSignal;
}

/** An upstream that does not answer at all is waited for so long when there is nothing else. */
const FETCH_MS = 60_000;

/** Manifests of upstreams, fetched once for all who ask at the same time. */
export class Manifests {
  readonly #context: Context;
  readonly #running = new Map<string, Promise<MirroredManifest>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * By digest from the cache, if it is there. A tag is looked up at the upstream, unless that was done a moment ago; where
   * the upstream does not answer, or limits the rate, the tag is what it was.
   *
   * @throws {Problem} `content_missing`, `address_forbidden`, those of the registry client
   */
  async get(source: Source, { reference, isHead, signal }: ManifestRequest): Promise<MirroredManifest> {
    const { scope, host, repository } = source;
    const key = [scope, host, repository, reference, isHead].join(" ");
    let running = this.#running.get(key);
    if (!running) {
      running = isDigest(reference) ? this.#byDigest(source, reference) : this.#byTag(source, reference, isHead);
      this.#running.set(key, running);
      const done = (): void => void this.#running.delete(key);
      running.then(done, done);
    }
    return await abortable(running, signal);
  }

  async #byDigest(source: Source, digest: Digest): Promise<MirroredManifest> {
    if (!isKeptDigest(digest)) throw registryAnswerInvalid(source.host, `${digest} is no digest that is kept`);
    const kept = await this.#kept(source, digest, undefined);
    if (kept) {
      this.#context.counters.hits += 1;
      return kept;
    }
    return await this.#fetch(source, digest);
  }

  async #byTag(source: Source, tag: string, isHead: boolean): Promise<MirroredManifest> {
    const { clock, contents, freshMs } = this.#context;
    const known = await contents.findTag(source, tag);
    if (known && clock.now().getTime() - known.checkedAt.getTime() < freshMs) {
      const kept = await this.#kept(source, known.digest, undefined);
      if (kept) {
        this.#context.counters.hits += 1;
        return kept;
      }
    }
    try {
      return await this.#look(source, { tag, known, isHead });
    } catch (error) {
      // What was imported counts as long as the upstream has nothing to put in its place.
      const isImported = known?.checkedAt.getTime() === 0;
      if (isTrouble(error) || isImported) return await this.#stale(source, { tag, known, error });
      // The upstream has spoken: it is not there any more, or not for this login.
      if (isProblem(error, "content_missing") || isProblem(error, "registry_denied")) {
        await contents.removeTag(source, tag);
      }
      throw error;
    }
  }

  async #look(
    source: Source,
    { tag, known, isHead }: { readonly tag: string; readonly known: KnownTag | undefined; readonly isHead: boolean },
  ): Promise<MirroredManifest> {
    const { upstreams, counters } = this.#context;
    const signal = this.#limit(LOOK_MS);
    const head = await upstreams.ask(source.upstream, (client) => client.headManifest(source.repository, tag, signal));
    const { digest, mediaType, size, etag } = head;
    if (digest === undefined) return await this.#fetchTag(source, { tag, known });
    await this.#noteTag(source, { tag, digest, etag });
    const kept = await this.#kept(source, digest, undefined);
    if (!kept && isHead && mediaType !== undefined && size !== undefined) {
      counters.misses += 1;
      return { digest, mediaType, size, bytes: undefined, staleBecause: undefined };
    }
    if (!kept) return await this.#fetch(source, digest);
    counters.hits += 1;
    return kept;
  }

  /** From an upstream that does not tell digests: by its own mark, if it has one. */
  async #fetchTag(
    source: Source,
    { tag, known }: { readonly tag: string; readonly known: KnownTag | undefined },
  ): Promise<MirroredManifest> {
    const { upstreams } = this.#context;
    const kept =
      known?.scope === source.scope && known.etag ? await this.#kept(source, known.digest, undefined) : undefined;
    const signal = this.#limit(FETCH_MS);
    const etag = kept ? known?.etag : undefined;
    const fetched = await upstreams.ask(source.upstream, (client) =>
      client.getManifest(source.repository, tag, { etag, signal }),
    );
    if (fetched === undefined && kept) {
      this.#context.counters.hits += 1;
      await this.#noteTag(source, { tag, digest: kept.digest, etag });
      return kept;
    }
    if (!fetched) throw registryAnswerInvalid(source.host, "it says that nothing has changed, but was not asked");
    const manifest = await this.#keep(source, fetched);
    await this.#noteTag(source, { tag, digest: fetched.digest, etag: fetched.etag });
    return manifest;
  }

  async #stale(
    source: Source,
    { tag, known, error }: { readonly tag: string; readonly known: KnownTag | undefined; readonly error: unknown },
  ): Promise<MirroredManifest> {
    const { counters, logger } = this.#context;
    const staleBecause = messageOf(error);
    const kept = known && (await this.#kept(source, known.digest, staleBecause));
    if (!kept) throw error;
    counters.stale += 1;
    const { host, repository } = source;
    logger.warn("a tag is served as it was", { upstream: host, repository, tag, reason: staleBecause });
    return kept;
  }

  async #fetch(source: Source, digest: Digest): Promise<MirroredManifest> {
    const signal = this.#limit(FETCH_MS);
    const fetched = await this.#context.upstreams.ask(source.upstream, (client) =>
      client.getManifest(source.repository, digest, { signal }),
    );
    if (!fetched) throw registryAnswerInvalid(source.host, "it says that nothing has changed, but was not asked");
    return await this.#keep(source, fetched);
  }

  async #keep(source: Source, { digest, mediaType, bytes }: RemoteContent): Promise<MirroredManifest> {
    const { cache, contents, counters } = this.#context;
    counters.misses += 1;
    if (isKeptDigest(digest)) {
      await cache.put(digest, bytes);
      await contents.link(source, { digest, mediaType });
    }
    return { digest, mediaType, size: bytes.length, bytes, staleBecause: undefined };
  }

  /** What is here, if it may be seen at this place. */
  async #kept(source: Source, digest: Digest, staleBecause: string | undefined): Promise<MirroredManifest | undefined> {
    const { cache, contents } = this.#context;
    if (cache.size(digest) === undefined) return undefined;
    const linked = await contents.find(source, digest);
    if (linked?.mediaType === undefined) return undefined;
    const bytes = await cache.read(digest);
    return bytes && { digest, mediaType: linked.mediaType, size: bytes.length, bytes, staleBecause };
  }

  async #noteTag(
    source: Source,
    { tag, digest, etag }: { readonly tag: string; readonly digest: Digest; readonly etag: string | undefined },
  ): Promise<void> {
    const { clock, contents } = this.#context;
    await contents.putTag(source, { tag, digest, etag, checkedAt: clock.now() });
  }

  /** The work belongs to all who wait for it, so it has a limit of its own and none of theirs. */
  #limit(ms: number): AbortSignal {
    return anySignal(this.#context.closing, AbortSignal.timeout(ms));
  }
}
