import assert from "node:assert/strict";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { isCode, pushTo } from "../testing/blob-store-contract.ts";
import { allOf, contentOf, digestOf, inPieces } from "../testing/content.ts";
import { blobStoreSurvivesKills } from "../testing/index.ts";
import { makeScratch, mountSmall } from "../testing/scratch.ts";
import { openFolderStore } from "./folder-store.ts";

checkLeaks();

const MIB = 1024 * 1024;

blobStoreSurvivesKills("a folder", async () => {
  const scratch = await makeScratch();
  return {
    open: () => openFolderStore({ folder: scratch.path }),
    pusherPlace: { kind: "folder", folder: scratch.path },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

test("a full disk is told, and the upload goes on once there is room", async () => {
  await using mounted = await mountSmall("size=12m");
  await using store = await openFolderStore({ folder: mounted.path });
  const inTheWay = await pushTo(store, contentOf(1, 6 * MIB));
  const content = contentOf(2, 10 * MIB);
  await store.createUpload("one");

  await assert.rejects(store.append("one", 0, inPieces(content)), isCode("store_full"));
  const kept = await store.uploadSize("one");
  assert.ok(kept !== undefined && kept > 4 * MIB && kept <= 6 * MIB, `${kept} bytes are kept`);
  await store.remove(inTheWay);
  await store.append("one", kept, inPieces(content.subarray(kept)));
  await store.commit("one", digestOf(content));

  assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
});

test("an upload that filled the disk goes on in another process, too", async () => {
  await using mounted = await mountSmall("size=12m");
  await using store = await openFolderStore({ folder: mounted.path });
  const inTheWay = await pushTo(store, contentOf(3, 9 * MIB));
  const content = contentOf(4, 5 * MIB);
  await store.createUpload("one");
  await assert.rejects(store.append("one", 0, inPieces(content)), isCode("store_full"));

  await using other = await openFolderStore({ folder: mounted.path });
  const kept = (await other.uploadSize("one")) ?? 0;
  // To take it over it is copied, for which there is no room. It must be as before then.
  await assert.rejects(other.append("one", kept, inPieces(content.subarray(kept))), isCode("store_full"));
  assert.equal(await other.uploadSize("one"), kept);
  await other.remove(inTheWay);
  await other.append("one", kept, inPieces(content.subarray(kept)));
  await other.commit("one", digestOf(content));

  assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
});

test("a file system without room for one more name is full", async () => {
  await using mounted = await mountSmall("size=12m,nr_inodes=40");
  await using store = await openFolderStore({ folder: mounted.path });
  const fill = async (): Promise<void> => {
    for (let index = 0; index < 50; index++) await store.createUpload(`upload-${index}`);
  };

  await assert.rejects(fill(), isCode("store_full"));
  for await (const { id } of store.uploads()) await store.abort(id);

  await pushTo(store, contentOf(5, 100));
});

test("a folder that is not there is no folder without blobs", async () => {
  await using scratch = await makeScratch();
  const folder = join(scratch.path, "store");
  await using store = await openFolderStore({ folder });
  const content = contentOf(6, 1_000);
  const digest = await pushTo(store, content);
  await store.createUpload("one");

  await rename(folder, join(scratch.path, "unmounted"));
  await mkdir(folder);
  await assert.rejects(store.stat(digest), isCode("store_unreachable"));
  await assert.rejects(store.read(digest, undefined), isCode("store_unreachable"));
  await assert.rejects(store.remove(digest), isCode("store_unreachable"));
  await assert.rejects(store.createUpload("two"), isCode("store_unreachable"));
  await assert.rejects(store.uploadSize("one"), isCode("store_unreachable"));
  await assert.rejects(store.append("one", 0, inPieces(content)), isCode("store_unreachable"));
  await assert.rejects(store.commit("one", digest), isCode("store_unreachable"));
  await assert.rejects(Array.fromAsync(store.blobs()), isCode("store_unreachable"));
  await assert.rejects(Array.fromAsync(store.uploads()), isCode("store_unreachable"));

  await rm(folder, { recursive: true });
  await rename(join(scratch.path, "unmounted"), folder);
  assert.deepEqual(await store.stat(digest), { size: 1_000 });
});

test("a place that cannot be a folder is told so", async () => {
  await assert.rejects(openFolderStore({ folder: "/proc/blobs" }), isCode("store_unreachable"));
  await assert.rejects(openFolderStore({ folder: "/dev/null/blobs" }), isCode("store_unreachable"));
});
