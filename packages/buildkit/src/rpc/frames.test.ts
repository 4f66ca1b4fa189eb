import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../testing/random.ts";
import { FrameDecoder, frameMessage } from "./frames.ts";
import { GrpcCode, GrpcError } from "./grpc-error.ts";

function cut(bytes: Uint8Array, nextLength: () => number): Uint8Array[] {
  const pieces = [];
  for (let at = 0; at < bytes.length; ) {
    const length = nextLength();
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function hex(messages: Iterable<Uint8Array>): string[] {
  return [...messages].map((message) => Buffer.from(message).toString("hex"));
}

test("messages come out whole, however their bytes are cut", () => {
  const random = createRandom(7);
  const messages = Array.from({ length: 60 }, () => random.bytes(random.pick([0, 1, 4, 5, 6, 100, 5_000])));
  const stream = Buffer.concat(messages.map(frameMessage));
  for (const next of [() => 1, () => 5, () => 6, () => 1 + random.below(9_000), () => stream.length]) {
    const decoder = new FrameDecoder();
    const out = cut(stream, next).flatMap((piece) => hex(decoder.push(piece)));
    assert.deepEqual(out, hex(messages));
    assert.equal(decoder.isPartial, false);
  }
});

test("a message that lies whole in a chunk is not copied", () => {
  const chunk = Buffer.concat([frameMessage(Uint8Array.of(1, 2)), frameMessage(Uint8Array.of(3))]);
  for (const message of new FrameDecoder().push(chunk)) assert.equal(message.buffer, chunk.buffer);
});

test("an end inside the header or the message is seen", () => {
  const frame = frameMessage(Uint8Array.of(1, 2, 3));
  for (let length = 1; length < frame.length; length++) {
    const decoder = new FrameDecoder();
    assert.deepEqual([...decoder.push(frame.subarray(0, length))], []);
    assert.equal(decoder.isPartial, true, `after ${length} bytes`);
  }
});

test("a message above the limit is refused from its header on, one at the limit is not", () => {
  const decoder = new FrameDecoder(10);
  assert.equal([...decoder.push(frameMessage(new Uint8Array(10)))].length, 1);
  assert.throws(
    () => [...decoder.push(Uint8Array.of(0, 0, 0, 0, 11))],
    (error) => error instanceof GrpcError && error.code === GrpcCode.resourceExhausted,
  );
});

test("compressed messages and unknown flags are refused", () => {
  for (const [flag, code] of [
    [1, GrpcCode.unimplemented],
    [2, GrpcCode.internal],
  ] as const) {
    assert.throws(
      () => [...new FrameDecoder().push(Uint8Array.of(flag, 0, 0, 0, 0))],
      (error) => error instanceof GrpcError && error.code === code,
    );
  }
});
