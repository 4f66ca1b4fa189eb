import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { Secret } from "@opendepot/base";
import { checkLeaks, startTestS3, type TestS3Server } from "@opendepot/testing";
import type { BlobStore } from "../blob-store.ts";
import { isCode, pushTo } from "../testing/blob-store-contract.ts";
import { allOf, contentOf, digestOf, heldAfter, inPieces } from "../testing/content.ts";
import { blobStoreContract, blobStoreSurvivesKills } from "../testing/index.ts";
import { mountSmall } from "../testing/scratch.ts";
import { openClient } from "./client.ts";
import { copyOnServer } from "./large-copy.ts";
import { Multiparts } from "./multiparts.ts";
import { Objects } from "./objects.ts";
import { resolveS3Options, type S3StoreOptions } from "./options.ts";
import { Requests } from "./requests.ts";
import { openS3Store } from "./s3-store.ts";
import { UploadRecords } from "./upload-record.ts";

const MIB = 1024 * 1024;
const PART = 5 * MIB;

// One server for all tests that leave it alone; each has its own prefix.
const server = await startTestS3();
after(() => server[Symbol.asyncDispose]());
checkLeaks();

function optionsFor(at: TestS3Server, more: Partial<S3StoreOptions> = {}): S3StoreOptions {
  const { bucket, endpoint, accessKeyId, secretAccessKey } = at;
  const credentials = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) };
  return { bucket, prefix: randomUUID(), endpoint, credentials, partBytes: PART, ...more };
}

/** The requests themselves, to make what a killed process leaves. */
function partsOf(options: S3StoreOptions): AsyncDisposable & {
  readonly objects: Objects;
  readonly multiparts: Multiparts;
  readonly records: UploadRecords;
} {
  const resolved = resolveS3Options(options);
  const client = openClient(resolved);
  const requests = new Requests(client, resolved);
  const objects = new Objects(requests);
  return {
    objects,
    multiparts: new Multiparts(requests),
    records: new UploadRecords(objects),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

blobStoreContract("S3", async () => {
  const options = optionsFor(server);
  return { open: () => openS3Store(options), [Symbol.asyncDispose]: async () => undefined };
});

blobStoreSurvivesKills("S3", async () => {
  const options = optionsFor(server);
  const { bucket, prefix = "" } = options;
  const { accessKeyId, secretAccessKey } = server;
  return {
    open: () => openS3Store(options),
    pusherPlace: { kind: "s3", endpoint: server.endpoint.href, bucket, prefix, accessKeyId, secretAccessKey },
    [Symbol.asyncDispose]: async () => undefined,
  };
});

test("an upload goes on after the server was killed", { timeout: 120_000 }, async () => {
  await using mortal = await startTestS3();
  await using store = await openS3Store(optionsFor(mortal));
  const content = contentOf(1, 14 * MIB);
  const held = heldAfter(content.subarray(0, 12 * MIB));
  await store.createUpload("one");

  const appending = store.append("one", 0, held.body);
  const refused = assert.rejects(appending, isCode("store_unreachable"));
  await held.isWaiting;
  await mortal.kill();
  held.end();
  await refused;
  await assert.rejects(store.stat(digestOf(content)), isCode("store_unreachable"));
  await assert.rejects(store.uploadSize("one"), isCode("store_unreachable"));
  await assert.rejects(store.createUpload("two"), isCode("store_unreachable"));
  await mortal.restart();

  // A server that keeps all in memory has lost the upload: its client begins again then.
  const kept = await store.uploadSize("one");
  assert.equal(kept === undefined, !mortal.keepsBytes);
  if (kept === undefined) await store.createUpload("one");
  await store.append("one", kept ?? 0, inPieces(content.subarray(kept ?? 0)));
  await store.commit("one", digestOf(content));
  assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
});

test("a full server is told, and the upload goes on once there is room", async () => {
  // One that keeps all in memory is never full.
  if (!server.keepsBytes) return;
  await using mounted = await mountSmall("size=48m");
  const obstacle = join(mounted.path, "obstacle");
  await writeFile(obstacle, Buffer.alloc(40 * MIB));
  await using full = await startTestS3({ folder: mounted.path });
  await using store = await openS3Store(optionsFor(full));
  const content = contentOf(12, 9 * MIB);
  await store.createUpload("one");

  await assert.rejects(store.append("one", 0, inPieces(content)), isCode("store_full"));
  assert.equal(await store.uploadSize("one"), PART);
  await rm(obstacle);
  await store.append("one", PART, inPieces(content.subarray(PART)));
  await store.commit("one", digestOf(content));

  assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
});

test("reading ends with an error when the server is killed", { timeout: 120_000 }, async () => {
  await using mortal = await startTestS3();
  await using store = await openS3Store(optionsFor(mortal));
  const digest = await pushTo(store, contentOf(2, 24 * MIB));

  const stream = await store.read(digest, undefined);
  await once(stream, "readable");
  await mortal.kill();

  await assert.rejects(stream.toArray());
});

test("a commit that was killed after the parts were joined can be done again, and the upload can grow", async () => {
  const options = optionsFor(server);
  const content = contentOf(3, 13 * MIB);
  await using raw = partsOf(options);
  for (const grown of [0, 6 * MIB]) {
    await using killed = await openS3Store(options);
    const size = content.length - grown;
    await killed.createUpload("one");
    await killed.append("one", 0, inPieces(content.subarray(0, size)));
    const record = await raw.records.read("one");
    assert.ok(record?.multipart);
    const etags = (await raw.multiparts.parts(record.multipart))?.map(({ etag }) => etag) ?? [];
    const last = await raw.multiparts.put(record.multipart, etags.length + 1, record.tail);
    assert.equal(await raw.multiparts.complete(record.multipart, [...etags, last ?? ""]), "done");

    await using store = await openS3Store(options);
    assert.equal(await store.uploadSize("one"), size);
    if (grown > 0) await store.append("one", size, inPieces(content.subarray(size)));
    await store.commit("one", digestOf(content));

    assert.ok(content.equals(await allOf(await store.read(digestOf(content), undefined))));
    assert.deepEqual(await Array.fromAsync(store.uploads()), []);
    await store.remove(digestOf(content));
  }
});

test("what was sent for a digest that was told before is not believed by another process", async () => {
  const options = optionsFor(server);
  const content = contentOf(4, 12 * MIB);
  const digest = digestOf(content);
  await using first = await openS3Store(options);
  await first.createUpload("one");
  await first.append("one", 0, inPieces(content.subarray(0, 11 * MIB)), undefined, digest);

  await using store = await openS3Store(options);
  assert.equal(await store.uploadSize("one"), 0);
  await store.append("one", 0, inPieces(content), undefined, digest);
  await store.commit("one", digest);

  assert.ok(content.equals(await allOf(await store.read(digest, undefined))));
  await assert.rejects(first.append("one", 11 * MIB, inPieces(content.subarray(11 * MIB))), isCode("upload_missing"));
});

test("a part that somebody else has replaced is noticed before the blob is there", async () => {
  const options = optionsFor(server);
  const content = contentOf(5, 11 * MIB);
  await using store = await openS3Store(options);
  await using raw = partsOf(options);
  await store.createUpload("one");
  await store.append("one", 0, inPieces(content));
  const record = await raw.records.read("one");
  assert.ok(record?.multipart);

  await raw.multiparts.put(record.multipart, 2, contentOf(6, PART));
  await assert.rejects(store.commit("one", digestOf(content)), isCode("upload_busy"));
  await assert.rejects(store.commit("one", digestOf(content)), isCode("digest_mismatch"));

  assert.deepEqual(await Array.fromAsync(store.blobs()), []);
  assert.equal(await store.uploadSize("one"), undefined);
});

test("pieces that a killed process left without a record are listed, and can be dropped", async () => {
  const options = optionsFor(server);
  await using store = await openS3Store(options);
  await using raw = partsOf(options);
  const multipart = await raw.multiparts.create("uploads/left/data");
  await raw.multiparts.put(multipart, 1, contentOf(7, PART));
  await raw.objects.put("uploads/other/data", contentOf(8, 10));

  const listed = (await Array.fromAsync(store.uploads())).map(({ id }) => id);
  assert.deepEqual(listed.sort(), ["left", "other"]);
  assert.equal(await store.uploadSize("left"), undefined);
  for (const id of listed) await store.abort(id);

  assert.deepEqual(await Array.fromAsync(store.uploads()), []);
  assert.equal(await raw.multiparts.parts(multipart), undefined);
});

test("an object larger than what is copied at once is copied in parts", async () => {
  await using raw = partsOf(optionsFor(server));
  const content = contentOf(9, 27 * MIB);
  await raw.objects.put("from here", content);

  await copyOnServer(raw, { from: "from here", to: "to/there", size: content.length, partBytes: PART });

  assert.ok(content.equals((await raw.objects.read("to/there"))?.bytes ?? Buffer.alloc(0)));
});

test("an address can be fetched by anybody, also in part, and only what it is for", async () => {
  await using store = await openS3Store(optionsFor(server, { redirect: {} }));
  const content = contentOf(10, 100_000);
  const digest = await pushTo(store, content);

  const address = await store.address?.(digest, 60);
  assert.ok(address);
  const whole = await fetch(address);
  const part = await fetch(address, { headers: { range: "bytes=5-9" } });

  assert.ok(content.equals(Buffer.from(await whole.arrayBuffer())));
  assert.equal(part.status, 206);
  assert.ok(content.subarray(5, 10).equals(Buffer.from(await part.arrayBuffer())));
  if (!server.checksKeys) return;
  const other = await store.address?.(digestOf(contentOf(11, 1)), 60);
  assert.equal((await fetch(new URL(address.search, other))).status, 403);
});

test("an address names the host that clients know", async () => {
  const redirect = { endpoint: new URL("https://blobs.example.org") };
  await using store = await openS3Store(optionsFor(server, { redirect }));

  const address = await store.address?.(digestOf(Buffer.from("x")), 60);

  assert.equal(address?.origin, "https://blobs.example.org");
  assert.equal(address?.searchParams.get("X-Amz-Expires"), "60");
});

test("without redirects there are no addresses", async () => {
  await using store: BlobStore = await openS3Store(optionsFor(server));

  assert.equal(store.address, undefined);
});

test("a bucket that is not there, or a wrong key, is told at once", async () => {
  await assert.rejects(openS3Store(optionsFor(server, { bucket: "no-such-bucket" })), isCode("store_unreachable"));
  if (!server.checksKeys) return;
  const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: new Secret("wrong") };
  await assert.rejects(openS3Store(optionsFor(server, { credentials })), isCode("store_unreachable"));
});

test("a server that never answers does not hold who gives up", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  assert.ok(address !== null && typeof address === "object");
  const giveUp = new AbortController();
  silent.once("connection", (socket) => {
    socket.on("error", () => undefined).resume();
    giveUp.abort(new Error("waited long enough"));
  });
  const endpoint = new URL(`http://127.0.0.1:${address.port}`);

  await assert.rejects(openS3Store(optionsFor(server, { endpoint }), giveUp.signal), /waited long enough/);
  silent.close();
});
