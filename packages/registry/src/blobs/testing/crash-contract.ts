import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlobStore } from "../blob-store.ts";
import type { PlaceUnderTest } from "./blob-store-contract.ts";
import { allOf, digestOf, inPieces } from "./content.ts";
import { type PusherPlace, pushAndKill, pushedContent } from "./pusher.ts";
import { choicesOf } from "./random.ts";

const TEST_MS = 180_000;
const ROUNDS = 6;
/** So many lines a process tells when it has pushed four blobs. */
const LINES = 115;

/** A place that another process can open, too. */
export interface CrashPlace extends PlaceUnderTest {
  readonly pusherPlace: PusherPlace;
}

/**
 * Declares the test that every store passes whose process is killed: what was acknowledged is there, and what was not
 * can be finished or dropped.
 */
export function blobStoreSurvivesKills(name: string, makePlace: () => Promise<CrashPlace>): void {
  test(`${name}: nothing acknowledged is lost when the process is killed`, { timeout: TEST_MS }, async () => {
    await using place = await makePlace();
    const choices = choicesOf(7);
    const committed = new Set<string>();

    for (let round = 0; round < ROUNDS; round++) {
      const lines = 1 + choices.below(LINES);
      const pushed = await pushAndKill({ place: place.pusherPlace, name: `round${round}` }, lines);
      for (const digest of pushed.committed) committed.add(digest);

      await using store = await place.open();
      await checkBlobs(store, committed);
      for (const [id, upload] of pushed.uploads) committed.add(await finish(store, id, upload));
    }

    await using store = await place.open();
    await checkBlobs(store, committed);
    assert.deepEqual(await Array.fromAsync(store.uploads()), []);
  });
}

/** Everything that is there is what its name says, acknowledged or not; everything acknowledged is there. */
async function checkBlobs(store: BlobStore, committed: ReadonlySet<string>): Promise<void> {
  const there = new Set<string>();
  for await (const { digest } of store.blobs()) {
    assert.equal(digestOf(await allOf(await store.read(digest, undefined))), digest);
    there.add(digest);
  }
  assert.deepEqual(committed.difference(there), new Set());
}

/** Goes on where the killed process was, as its client would; returns the digest. */
async function finish(
  store: BlobStore,
  id: string,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<string> {
  const content = pushedContent(index);
  const digest = digestOf(content);
  const kept = await store.uploadSize(id);
  if (kept === undefined || (kept < size && (await store.stat(digest)))) {
    // Killed after the blob was there and before that was acknowledged.
    assert.ok(await store.stat(digest), `${id} is gone`);
    await store.abort(id);
    return digest;
  }
  assert.ok(kept >= size, `${id} has ${kept} bytes, but ${size} were acknowledged`);
  await store.append(id, kept, inPieces(content.subarray(kept)));
  await store.commit(id, digest);
  return digest;
}
