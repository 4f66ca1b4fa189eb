import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import {
  Content,
  type Info,
  type ReadContentRequest,
  WriteAction,
  WriteContentRequest,
  WriteContentResponse,
} from "../../gen/containerd/services/content/v1/content.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { callInMemory, type EngineSide } from "../../testing/memory-call.ts";
import { decode, encode, type Init, type Method } from "../../wire/index.ts";
import type { SessionService } from "../service.ts";
import { ContentFolder } from "./content-folder.ts";
import { createContentStores } from "./index.ts";

const STORE = { "buildkit-attachable-store-id": "local:x" };

interface Store extends Disposable {
  readonly path: string;
  readonly service: SessionService;
  put(data: string): string;
}

function openStore(options: { isWritable?: boolean; path?: string } = {}): Store {
  const root = mkdtempDisposableSync(join(tmpdir(), "content-"));
  const path = options.path ?? join(root.path, "store");
  const folder = new ContentFolder(path, { isWritable: options.isWritable ?? true });
  return {
    path,
    service: createContentStores({ "local:x": folder }),
    put: (data) => {
      const file = pathOf(path, digestOf(data));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
      return digestOf(data);
    },
    [Symbol.dispose]: () => root.remove(),
  };
}

function digestOf(data: string, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(data).digest("hex")}`;
}

function pathOf(store: string, digest: string): string {
  return join(store, "blobs", digest.replace(":", "/"));
}

async function call<Request, Response>(
  { service }: Store,
  method: Method<Request, Response>,
  request: Init<Request>,
  metadata: Readonly<Record<string, string>> = STORE,
): Promise<Response[]> {
  return await callInMemory(service, {
    method: method.path.slice(method.path.lastIndexOf("/") + 1),
    metadata,
    engine: async (side) => {
      await side.send(encode(method.request, request));
      side.end();
      const responses: Response[] = [];
      for await (const message of side.messages) responses.push(decode(method.response, message));
      return responses;
    },
  });
}

/** Plays writes and gives the answer to each. */
async function write(
  store: Store,
  ...requests: ReadonlyArray<Init<WriteContentRequest>>
): Promise<WriteContentResponse[]> {
  return await writing(store, async (side) => {
    const answers: WriteContentResponse[] = [];
    const messages = side.messages[Symbol.asyncIterator]();
    for (const request of requests) {
      await side.send(encode(WriteContentRequest, request));
      const { value, done } = await messages.next();
      if (done) break;
      answers.push(decode(WriteContentResponse, value));
    }
    side.end();
    return answers;
  });
}

function writing<T>({ service }: Store, engine: (side: EngineSide) => Promise<T>): Promise<T> {
  return callInMemory(service, { method: "Write", metadata: STORE, engine });
}

const failsWith =
  (code: number, text?: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof GrpcError, String(error));
    assert.equal(error.code, code, error.message);
    if (text) assert.match(error.message, text);
    return true;
  };

test("a blob is read whole and in parts, with its size", async () => {
  using store = openStore();
  const digest = store.put("0123456789");
  const read = async (request: Init<ReadContentRequest>): Promise<string> =>
    (await call(store, Content.read, { digest, ...request })).map(({ data }) => Buffer.from(data).toString()).join("");
  assert.equal(await read({}), "0123456789");
  assert.equal(await read({ offset: 3n, size: 4n }), "3456");
  assert.equal(await read({ offset: 8n, size: 100n }), "89");
  assert.equal(await read({ offset: 10n }), "");
  await assert.rejects(read({ offset: 11n }), failsWith(GrpcCode.outOfRange));
  const [info] = await call(store, Content.info, { digest });
  assert.equal(info?.info?.size, 10n);
});

test("a large blob comes in pieces with their offsets", async () => {
  using store = openStore();
  const digest = store.put("x".repeat(2_500_000));
  const pieces = await call(store, Content.read, { digest });
  assert.ok(pieces.length > 1);
  let at = 0n;
  for (const { offset, data } of pieces) {
    assert.equal(offset, at);
    at += BigInt(data.length);
  }
  assert.equal(at, 2_500_000n);
});

test("only digests are names of blobs, and only stores that are offered can be asked", async () => {
  using store = openStore();
  store.put("x");
  for (const digest of ["", "sha256:", "sha256:../../../etc/passwd", `sha256:${"A".repeat(64)}`, "md5:aa", "blobs"]) {
    await assert.rejects(call(store, Content.info, { digest }), failsWith(GrpcCode.invalidArgument));
    await assert.rejects(call(store, Content.read, { digest }), failsWith(GrpcCode.invalidArgument));
  }
  const digest = digestOf("not there");
  await assert.rejects(call(store, Content.info, { digest }), failsWith(GrpcCode.notFound));
  await assert.rejects(call(store, Content.info, { digest }, {}), failsWith(GrpcCode.invalidArgument));
  const other = { "buildkit-attachable-store-id": "local:y" };
  await assert.rejects(call(store, Content.info, { digest }, other), failsWith(GrpcCode.notFound, /unknown store/));
});

test("a link out of the folder is no blob, one inside is", async () => {
  using store = openStore();
  using outside = mkdtempDisposableSync(join(tmpdir(), "outside-"));
  writeFileSync(join(outside.path, "secret"), "secret");
  const inside = store.put("inside");
  const [out, link, folder] = [digestOf("out"), digestOf("link"), digestOf("folder")];
  symlinkSync(join(outside.path, "secret"), pathOf(store.path, out));
  symlinkSync(pathOf(store.path, inside), pathOf(store.path, link));
  mkdirSync(pathOf(store.path, folder));
  await assert.rejects(call(store, Content.read, { digest: out }), failsWith(GrpcCode.notFound));
  await assert.rejects(call(store, Content.read, { digest: folder }), failsWith(GrpcCode.notFound));
  assert.equal((await call(store, Content.info, { digest: link }))[0]?.info?.size, 6n);
});

test("all blobs are listed", async () => {
  using store = openStore();
  const digests = Array.from({ length: 150 }, (_, index) => store.put(`blob ${index}`));
  writeFileSync(join(store.path, "blobs/sha256/not-a-digest"), "");
  const blocks = await call(store, Content.list, {});
  assert.deepEqual(blocks.flatMap(({ info }) => info.map(({ digest }: Info) => digest)).sort(), digests.sort());
  assert.ok(blocks.length > 1);
});

test("a blob is written in pieces and gets its name once it is whole", async () => {
  using store = openStore();
  const expected = digestOf("hello world");
  const answers = await write(
    store,
    { action: WriteAction.STAT, ref: "r", total: 11n, expected },
    { action: WriteAction.WRITE, data: Buffer.from("hello") },
    { action: WriteAction.WRITE, offset: 5n, data: Buffer.from(" world") },
    { action: WriteAction.COMMIT, offset: 11n, total: 11n, expected },
  );
  assert.deepEqual(
    answers.map(({ offset }) => offset),
    [0n, 5n, 11n, 11n],
  );
  assert.equal(answers.at(-1)?.digest, expected);
  assert.equal(readFileSync(pathOf(store.path, expected), "utf8"), "hello world");
  assert.deepEqual(readdirSync(join(store.path, "ingest")), []);
});

test("a write starts anew from offset 0, and goes by other digests too", async () => {
  using store = openStore();
  const expected = digestOf("again", "sha512");
  await write(
    store,
    { ref: "r", expected },
    { action: WriteAction.WRITE, data: Buffer.from("something longer") },
    { action: WriteAction.WRITE, data: Buffer.from("aga") },
    { action: WriteAction.COMMIT, offset: 3n, data: Buffer.from("in") },
  );
  assert.equal(readFileSync(pathOf(store.path, expected), "utf8"), "again");
});

test("what has another digest or size than was said gets no name and is removed", async () => {
  using store = openStore();
  const data = Buffer.from("content");
  const commit = { action: WriteAction.COMMIT, ref: "r", data };
  for (const wrong of [{ expected: digestOf("other") }, { total: 8n }]) {
    await assert.rejects(write(store, { ...commit, ...wrong }), failsWith(GrpcCode.failedPrecondition));
  }
  await assert.rejects(write(store, { ...commit, expected: "sha256:../x" }), failsWith(GrpcCode.invalidArgument));
  assert.deepEqual(readdirSync(join(store.path, "ingest")), []);
  assert.ok(!existsSync(join(store.path, "blobs")));
});

test("a blob that is there already is not written again", async () => {
  using store = openStore();
  const expected = store.put("there");
  await assert.rejects(write(store, { ref: "r", expected }), failsWith(GrpcCode.alreadyExists));
  assert.deepEqual(readdirSync(join(store.path, "ingest")), []);
});

test("a write with a wrong offset, without a name or of an unknown kind is refused", async () => {
  using store = openStore();
  await assert.rejects(
    write(store, { ref: "r", action: WriteAction.WRITE, offset: 5n }),
    failsWith(GrpcCode.outOfRange),
  );
  await assert.rejects(write(store, { action: WriteAction.STAT }), failsWith(GrpcCode.invalidArgument));
  await assert.rejects(write(store, { ref: "r", action: 9 }), failsWith(GrpcCode.invalidArgument));
});

test("a name is written by one at a time; the state of a write can be asked, and it can be aborted", async () => {
  using store = openStore();
  await assert.rejects(
    writing(store, async (side) => {
      const messages = side.messages[Symbol.asyncIterator]();
      await side.send(encode(WriteContentRequest, { ref: "r", action: WriteAction.WRITE, data: Buffer.from("abc") }));
      await messages.next();
      await assert.rejects(write(store, { ref: "r" }), failsWith(GrpcCode.unavailable));
      const [status] = await call(store, Content.status, { ref: "r" });
      assert.equal(status?.status?.offset, 3n);
      const [statuses] = await call(store, Content.listStatuses, {});
      assert.deepEqual(
        statuses?.statuses.map(({ ref }) => ref),
        ["r"],
      );
      await call(store, Content.abort, { ref: "r" });
      assert.deepEqual(readdirSync(join(store.path, "ingest")), []);
      await side.send(encode(WriteContentRequest, { action: WriteAction.WRITE, offset: 3n, data: Buffer.from("d") }));
      await messages.next();
    }),
    failsWith(GrpcCode.aborted),
  );
  await assert.rejects(call(store, Content.status, { ref: "r" }), failsWith(GrpcCode.notFound));
  await assert.rejects(call(store, Content.abort, { ref: "r" }), failsWith(GrpcCode.notFound));
});

test("a write that breaks off leaves nothing, and its name is free again", async () => {
  using store = openStore();
  const broken = writing(store, async (side) => {
    const messages = side.messages[Symbol.asyncIterator]();
    await side.send(encode(WriteContentRequest, { ref: "r", action: WriteAction.WRITE, data: Buffer.from("abc") }));
    await messages.next();
    side.reset(new Error("gone"));
  });
  await assert.rejects(broken, /gone/);
  assert.deepEqual(readdirSync(join(store.path, "ingest")), []);
  await write(store, { ref: "r", action: WriteAction.COMMIT, data: Buffer.from("abc") });
});

test("nothing is written where only reading is allowed, nothing is deleted, no labels are kept", async () => {
  using store = openStore({ isWritable: false });
  const digest = store.put("x");
  await assert.rejects(write(store, { ref: "r" }), failsWith(GrpcCode.permissionDenied));
  assert.deepEqual(readdirSync(store.path), ["blobs"]);
  await assert.rejects(call(store, Content.delete, { digest }), failsWith(GrpcCode.permissionDenied));
  await assert.rejects(call(store, Content.update, { info: { digest } }), failsWith(GrpcCode.failedPrecondition));
  assert.ok(existsSync(pathOf(store.path, digest)));
});

test("a folder whose parts are links elsewhere is not written through", async () => {
  using outside = mkdtempDisposableSync(join(tmpdir(), "outside-"));
  for (const part of ["ingest", "blobs", "blobs/sha256"]) {
    using store = openStore();
    mkdirSync(dirname(join(store.path, part)), { recursive: true });
    symlinkSync(outside.path, join(store.path, part));
    const commit = { ref: "r", action: WriteAction.COMMIT, data: Buffer.from("x") };
    await assert.rejects(write(store, commit), { code: "cache_unwritable" });
    assert.deepEqual(readdirSync(outside.path), [], part);
  }
});
