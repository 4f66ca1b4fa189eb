import assert from "node:assert/strict";
import { isProblem } from "@opendepot/base";
import type { BlobStore } from "../blob-store.ts";
import type { PlaceUnderTest } from "./blob-store-contract.ts";
import { allOf, brokenOff, contentOf, digestOf, inPieces } from "./content.ts";
import { type Choices, choicesOf } from "./random.ts";

const STEPS = 120;
const IDS = ["a", "b", "c"];
const SIZES = [0, 1, 17, 1_000, 65_536, 300_000, 5 * 1024 * 1024, 5 * 1024 * 1024 + 1];

/** What should be there. */
interface Model {
  readonly uploads: Map<string, Buffer>;
  readonly blobs: Map<string, Buffer>;
}

interface Play {
  readonly model: Model;
  readonly choices: Choices;
  readonly place: PlaceUnderTest;
  /** Two stores at the same place, as in two processes. */
  readonly stores: BlobStore[];
}

type Step = (play: Play, store: BlobStore, id: string) => Promise<void>;

/** Does random work on two stores at one place, and holds every answer against a model. */
export async function playAtRandom(place: PlaceUnderTest, seed: number): Promise<void> {
  const stores = [await place.open(), await place.open()];
  const play: Play = { model: { uploads: new Map(), blobs: new Map() }, choices: choicesOf(seed), place, stores };
  try {
    for (let step = 0; step < STEPS; step++) {
      const store = play.choices.of(stores);
      const id = play.choices.of(IDS);
      const [name, run] = play.choices.of(steps) ?? [];
      if (!store || !id || !run) continue;
      await run(play, store, id).catch((error: unknown) => {
        throw new Error(`seed ${seed}, step ${step}: ${name} of ${id}`, { cause: error });
      });
    }
    for (const store of stores) await compare(store, play.model);
  } finally {
    for (const store of stores) await store[Symbol.asyncDispose]();
  }
}

const steps: ReadonlyArray<readonly [string, Step]> = [
  ["create", create],
  ["create", create],
  ["append", append],
  ["append", append],
  ["append", append],
  ["append that breaks off", appendBroken],
  ["append at a wrong place", appendWrong],
  ["commit", commit],
  ["commit", commit],
  ["commit as something else", commitWrong],
  ["abort", abort],
  ["remove", remove],
  ["read", read],
  ["read", read],
  ["reopen", reopen],
];

async function create({ model }: Play, store: BlobStore, id: string): Promise<void> {
  await store.createUpload(id);
  if (!model.uploads.has(id)) model.uploads.set(id, Buffer.alloc(0));
}

async function append({ model, choices }: Play, store: BlobStore, id: string): Promise<void> {
  const before = model.uploads.get(id);
  const more = contentOf(choices.below(1000), choices.of(SIZES) ?? 0);
  const appending = store.append(id, before?.length ?? 0, inPieces(more, 1 + choices.below(200_000)));
  if (before === undefined) return await refused(appending, "upload_missing");
  const after = Buffer.concat([before, more]);
  assert.equal(await appending, after.length);
  model.uploads.set(id, after);
}

async function appendBroken({ model, choices }: Play, store: BlobStore, id: string): Promise<void> {
  const before = model.uploads.get(id);
  const more = contentOf(choices.below(1000), choices.of(SIZES) ?? 0);
  const gone = new Error("the sender went away");
  const appending = store.append(id, before?.length ?? 0, brokenOff(more, gone));
  if (before === undefined) return await refused(appending, "upload_missing");
  await assert.rejects(appending, (error) => error === gone);
  model.uploads.set(id, Buffer.concat([before, more]));
  assert.equal(await store.uploadSize(id), before.length + more.length);
}

async function appendWrong({ model, choices }: Play, store: BlobStore, id: string): Promise<void> {
  const before = model.uploads.get(id);
  const offset = (before?.length ?? 0) + 1 + choices.below(100);
  const appending = store.append(id, offset, inPieces(contentOf(1, 10)));
  await refused(appending, before === undefined ? "upload_missing" : "upload_offset_wrong");
}

async function commit({ model, choices }: Play, store: BlobStore, id: string): Promise<void> {
  const content = model.uploads.get(id);
  const digest = digestOf(content ?? Buffer.alloc(0), choices.of(["sha256", "sha256", "sha512"] as const));
  const committing = store.commit(id, digest);
  if (content === undefined) return await refused(committing, "upload_missing");
  assert.deepEqual(await committing, { size: content.length });
  model.uploads.delete(id);
  model.blobs.set(digest, content);
}

async function commitWrong({ model }: Play, store: BlobStore, id: string): Promise<void> {
  const isThere = model.uploads.delete(id);
  const committing = store.commit(id, digestOf(Buffer.from("something else")));
  await refused(committing, isThere ? "digest_mismatch" : "upload_missing");
}

async function abort({ model }: Play, store: BlobStore, id: string): Promise<void> {
  await store.abort(id);
  model.uploads.delete(id);
}

async function remove({ model, choices }: Play, store: BlobStore): Promise<void> {
  const digest = choices.of([...model.blobs.keys()]);
  if (digest === undefined) return;
  await store.remove(digest);
  model.blobs.delete(digest);
}

async function read({ model, choices }: Play, store: BlobStore): Promise<void> {
  const [digest, content] = choices.of([...model.blobs]) ?? [];
  if (!digest || !content) return;
  const start = choices.below(content.length + 2);
  const end = start + choices.below(content.length + 2);
  assert.deepEqual(await store.stat(digest), { size: content.length });
  assert.ok(content.subarray(start, end).equals(await allOf(await store.read(digest, { start, end }))));
}

async function reopen({ stores, place }: Play, store: BlobStore): Promise<void> {
  await store[Symbol.asyncDispose]();
  stores[stores.indexOf(store)] = await place.open();
}

async function refused(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => isProblem(error, code));
}

async function compare(store: BlobStore, { uploads, blobs }: Model): Promise<void> {
  const listed = (await Array.fromAsync(store.blobs())).map(({ digest }) => digest);
  assert.deepEqual(listed.sort(), [...blobs.keys()].sort());
  for (const [digest, content] of blobs) {
    assert.ok(content.equals(await allOf(await store.read(digest, undefined))), digest);
  }
  const open = (await Array.fromAsync(store.uploads())).map(({ id }) => id);
  assert.deepEqual(open.sort(), [...uploads.keys()].sort());
  for (const [id, content] of uploads) assert.equal(await store.uploadSize(id), content.length);
}
