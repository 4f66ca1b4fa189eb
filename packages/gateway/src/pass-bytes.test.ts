import assert from "node:assert/strict";
import { PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";

import { passBytes } from "./pass-bytes.ts";

test("a chunk's memory is given back once it was written, and not before", async () => {
  const chunk = Buffer.alloc(16 * 1024, "x");
  const source = new PassThrough();
  const { promise: writing, resolve: onWrite } = Promise.withResolvers<() => void>();
  const target = new Writable({ write: (_chunk, _encoding, done) => onWrite(done) });
  passBytes(source, target);
  source.write(chunk);

  const done = await writing;
  assert.equal(chunk.toString(), "x".repeat(16 * 1024));
  done();
  await nextTurn();
  assert.equal(chunk.length, 0);
});

test("a chunk that shares its memory keeps it, for what others are to read from there", async () => {
  const shared = Buffer.alloc(1024, "s");
  const { target, received } = collect();
  passBytes(Readable.from([shared.subarray(0, 512), shared.subarray(512)]), target);
  await received(1024);

  assert.equal(shared.toString(), "s".repeat(1024));
});

test("a chunk behind the header of its frame is given back, one behind anything longer is not", async () => {
  const [alone, second] = [Buffer.alloc(1024, "a"), Buffer.alloc(1024, "b")];
  const { target, received } = collect();
  passBytes(Readable.from([alone.subarray(9), second.subarray(10)]), target);
  await received(1015 + 1014);
  await nextTurn();

  assert.equal(alone.length, 0);
  assert.equal(second.length, 1024);
});

test("a chunk that could not be written keeps its memory: it may be on its way below", async () => {
  const chunk = Buffer.alloc(16 * 1024, "x");
  const source = new PassThrough();
  const target = new Writable({ write: () => undefined });
  target.on("error", () => undefined);
  passBytes(source, target);
  source.write(chunk);
  await nextTurn();
  target.destroy(new Error("gone"));
  await nextTurn();

  assert.equal(chunk.length, 16 * 1024);
});

test("all bytes pass in their order, however slowly they are taken", async () => {
  const sizes = [1, 16_384, 100, 70_000, 16_384, 300_000, 16_384, 5].flatMap((size) => [size, size, size]);
  const chunks = sizes.map((size, index) => Buffer.alloc(size, index + 1));
  const whole = Buffer.concat(chunks);
  const { target, received } = collect();
  passBytes(Readable.from(chunks), target);

  assert.deepEqual(await received(whole.length), whole);
});

/** A target that takes one piece for each turn of the event loop. */
function collect(): { readonly target: Writable; readonly received: (bytes: number) => Promise<Buffer> } {
  let all = Buffer.alloc(0);
  let check = (): void => undefined;
  const target = new Writable({
    highWaterMark: 1024,
    write: (chunk: Buffer, _encoding, done) => {
      all = Buffer.concat([all, chunk]);
      check();
      setImmediate(done);
    },
  });
  const received = async (bytes: number): Promise<Buffer> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    check = () => {
      if (all.length >= bytes) resolve();
    };
    check();
    await promise;
    return all;
  };
  return { target, received };
}

/** Writes, their callbacks and what is uncorked have happened by then. */
async function nextTurn(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
