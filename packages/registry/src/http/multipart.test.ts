import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { createMultipart } from "./multipart.ts";
import type { ByteRange } from "./range.ts";

const blob = randomBytes(1_000_000);

/** Reads `blob` in pieces of `pieceBytes`, and notes what was read. */
function reader(pieceBytes: number): { readonly opened: ByteRange[]; open(range: ByteRange): Promise<Readable> } {
  const opened: ByteRange[] = [];
  return {
    opened,
    open: async (range) => {
      opened.push(range);
      const bytes = blob.subarray(range.start, range.end);
      const count = Math.ceil(bytes.length / pieceBytes);
      return Readable.from(
        Array.from({ length: count }, (_, at) => bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes)),
      );
    },
  };
}

function expected(ranges: readonly ByteRange[], contentType: string): Buffer {
  const boundary = contentType.split("boundary=")[1];
  const parts = ranges.flatMap(({ start, end }) => [
    `\r\n--${boundary}\r\ncontent-type: a/b\r\ncontent-range: bytes ${start}-${end - 1}/${blob.length}\r\n\r\n`,
    blob.subarray(start, end),
  ]);
  return Buffer.concat([...parts, `\r\n--${boundary}--\r\n`].map((part) => Buffer.from(part))).subarray(2);
}

for (const pieceBytes of [1, 7, 1000, 65_536]) {
  test(`each range is a part, whatever pieces the bytes come in: ${pieceBytes}`, async () => {
    const { open, opened } = reader(pieceBytes);
    const ranges = [
      { start: 0, end: 1 },
      { start: 1, end: 8 },
      { start: 10, end: 2_000 },
      { start: 500_000, end: 500_007 },
      { start: 999_999, end: 1_000_000 },
    ];

    const made = createMultipart({ ranges, size: blob.length, contentType: "a/b", open });
    const body = Buffer.concat(await Array.fromAsync(made.body));

    assert.deepEqual(body, expected(ranges, made.contentType));
    assert.equal(made.length, body.length);
    // What is near is read at once, what is far is not read through.
    assert.deepEqual(opened, [
      { start: 0, end: 2_000 },
      { start: 500_000, end: 500_007 },
      { start: 999_999, end: 1_000_000 },
    ]);
  });
}

test("a reader that leaves early, and a blob that ends early, leave no stream open", async () => {
  const streams: Readable[] = [];
  const ranges = [
    { start: 0, end: 10 },
    { start: 20, end: 30 },
  ];
  const make = (bytes: number) =>
    createMultipart({
      ranges,
      size: 30,
      contentType: "a/b",
      open: async () => {
        const stream = Readable.from([blob.subarray(0, bytes)]);
        streams.push(stream);
        return stream;
      },
    });

  for await (const _ of make(30).body) break;
  await assert.rejects(Array.fromAsync(make(25).body), /became shorter/);

  assert.deepEqual(
    streams.map(({ destroyed }) => destroyed),
    [true, true],
  );
});
