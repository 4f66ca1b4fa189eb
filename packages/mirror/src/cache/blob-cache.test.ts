import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "@opendepot/base";
import { type Digest, digestOf } from "@opendepot/oci";
import { BlobCache } from "./blob-cache.ts";

const BYTES = Buffer.alloc(800, "one");
const OTHER = Buffer.alloc(800, "other");
const THIRD = Buffer.alloc(800, "third");

async function withCache(work: (cache: BlobCache, evicted: Digest[]) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "od-cache-"));
  const evicted: Digest[] = [];
  const onEvicted = async (digests: readonly Digest[]): Promise<void> => void evicted.push(...digests);
  try {
    await work(await BlobCache.open({ folder, maxBytes: 1000, logger: silentLogger, onEvicted }, new Set()), evicted);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("content stays while it is read, also when it comes a second time meanwhile, and goes afterwards", async () => {
  await withCache(async (cache, evicted) => {
    await cache.put(digestOf(BYTES), BYTES);
    const reading = await cache.use(digestOf(BYTES));
    const partial = await cache.begin();
    await partial.file.writeFile(BYTES);
    await cache.publish(partial, digestOf(BYTES), BYTES.length);
    await cache.discard(partial);
    await cache.put(digestOf(OTHER), OTHER);
    assert.deepEqual(await reading?.file.readFile(), BYTES);
    assert.deepEqual(evicted, []);

    await reading?.[Symbol.asyncDispose]();
    await cache.put(digestOf(THIRD), THIRD);

    assert.deepEqual(evicted, [digestOf(BYTES), digestOf(OTHER)]);
    assert.equal(cache.bytes, 800);
    assert.equal(await cache.read(digestOf(BYTES)), undefined);
  });
});

test("what must stay does, whatever comes", async () => {
  await withCache(async (cache) => {
    cache.keep([digestOf(BYTES)]);
    await cache.put(digestOf(BYTES), BYTES);
    await cache.put(digestOf(OTHER), OTHER);
    await cache.put(digestOf(THIRD), THIRD);
    assert.deepEqual(await cache.read(digestOf(BYTES)), BYTES);

    cache.keepOnly([]);
    await cache.put(digestOf(OTHER), OTHER);

    assert.equal(cache.size(digestOf(BYTES)), undefined);
  });
});
