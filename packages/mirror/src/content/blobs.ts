import { anySignal } from "@opendepot/base";
import type { Digest } from "@opendepot/oci";
import { registryAnswerInvalid } from "@opendepot/registry-client/parts";
import type { Context } from "../context.ts";
import { isKeptDigest } from "../digests.ts";
import { LOOK_MS, type Source } from "./place.ts";

const READ_BYTES = 256 * 1024;

/** A blob that is here, or on its way. The caller disposes of it. */
export interface MirroredBlob extends AsyncDisposable {
  /** Undefined where the upstream does not tell before the end. */
  readonly size: number | undefined;
  /** The bytes from `start` up to `end`; fails if the upstream does, or lies. */
  read(start: number, end: number | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Size of a blob; undefined where the upstream does not tell. */
export async function sizeOfBlob(context: Context, source: Source, digest: Digest): Promise<number | undefined> {
  assertKept(source, digest);
  const size = context.cache.size(digest);
  if (size !== undefined && (await context.contents.find(source, digest))) return size;
  return (await ask(context, source, digest)) ?? size;
}

/**
 * Opens a blob: from the cache, or as it comes from the upstream.
 *
 * The bytes may be here, or on their way, for somebody else. What everybody may see is handed out once the upstream says
 * that it has it, too. What was only shown to somebody's login has to come from this upstream, with this login, again:
 * an upstream that lies may claim to have anything, but cannot send what it does not know.
 *
 * @throws {Problem} `content_missing`, `content_too_large`, `address_forbidden`, those of the registry client
 */
export async function openBlob(context: Context, source: Source, digest: Digest): Promise<MirroredBlob> {
  assertKept(source, digest);
  const { cache, contents, counters } = context;
  if (cache.size(digest) === undefined) return await download(context, source, digest);
  if (!(await contents.find(source, digest))) {
    if (!(await contents.isPublic(digest))) return await download(context, source, digest);
    await ask(context, source, digest);
    await contents.link(source, { digest, mediaType: undefined });
  }
  const content = await cache.use(digest);
  if (!content) return await download(context, source, digest);
  counters.hits += 1;
  const { size, file } = content;
  return {
    size,
    read: (start, end = size) =>
      start >= end
        ? nothing()
        : file.createReadStream({ start, end: end - 1, autoClose: false, highWaterMark: READ_BYTES }),
    [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
  };
}

async function download(context: Context, source: Source, digest: Digest): Promise<MirroredBlob> {
  const { downloads, contents, counters, upstreams } = context;
  const { repository } = source;
  await using cleanup = new AsyncDisposableStack();
  const { reader, size } = await upstreams.ask(source.upstream, async (client) => {
    const joined = downloads.join(digest, { client, repository });
    cleanup.use(joined.reader);
    return { reader: joined.reader, size: await joined.download.begun };
  });
  // Nothing holds back the end of an empty answer, so its proof is waited for here.
  if (size === 0) await readToEnd(reader.read(0, undefined, context.closing));
  counters.misses += 1;
  await contents.link(source, { digest, mediaType: undefined });
  const owned = cleanup.move();
  return {
    size,
    read: (start, end, signal) => reader.read(start, end, signal),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function readToEnd(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}

/** Whether the upstream shows the blob to this login, and how large it says it is. */
async function ask({ upstreams, closing }: Context, source: Source, digest: Digest): Promise<number | undefined> {
  const signal = anySignal(closing, AbortSignal.timeout(LOOK_MS));
  return await upstreams.ask(source.upstream, (client) => client.headBlob(source.repository, digest, signal));
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function assertKept({ host }: Source, digest: Digest): void {
  if (!isKeptDigest(digest)) throw registryAnswerInvalid(host, `${digest} is no digest that is kept`);
}
