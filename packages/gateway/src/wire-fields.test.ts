import assert from "node:assert/strict";
import { test } from "node:test";

import { isProblem } from "@opendepot/base";
import { decode, encode, SolveRequest } from "@opendepot/buildkit/wire";

import { textOf, wireFields } from "./wire-fields.ts";

test("every field of a message is listed, in order, with the bytes of those that have any", () => {
  const bytes = encode(SolveRequest, { ref: "r1", session: "s1", internal: true, entitlements: ["a", "b"] });

  const fields = [...wireFields(bytes)].map((field) => [field.number, field.bytes && textOf(field.bytes)]);

  assert.deepEqual(fields, [
    [1, "r1"],
    [5, "s1"],
    [9, "a"],
    [9, "b"],
    [11, undefined],
  ]);
});

test("an empty message has no fields", () => {
  assert.deepEqual([...wireFields(new Uint8Array(0))], []);
});

const malformed: Readonly<Record<string, readonly number[]>> = {
  "a length beyond the end": [0x0a, 5, 1],
  "a tag cut short": [0x8a],
  "field number 0": [0x02, 0],
  "a group": [0x0b, 0x0c],
  "wire type 7": [0x0f],
  "a fixed64 cut short": [0x09, 1, 2, 3],
  "a tag in more bytes than it needs": [0x8a, 0x00, 1, 65],
  "a length in more bytes than it needs": [0x0a, 0x81, 0x00, 65],
  "a varint of eleven bytes": [0x08, ...Array.from({ length: 10 }, () => 0x80), 0x01],
};

for (const [what, bytes] of Object.entries(malformed)) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => [...wireFields(Uint8Array.from(bytes))],
      (error) => isProblem(error, "call_malformed"),
    );
  });
}

test("a tag beyond 32 bits, which decoders read differently, is refused", () => {
  // Field number 2^29 + 1: cut to 29 bits it would look like field 1.
  const hidden = [0x8a, 0x80, 0x80, 0x80, 0x10, 1, 65];

  assert.equal(decode(SolveRequest, Uint8Array.from(hidden)).ref, "A", "a lax decoder is fooled");
  assert.throws(
    () => [...wireFields(Uint8Array.from(hidden))],
    (error) => isProblem(error, "call_malformed"),
  );
});

test("text that is not UTF-8 is refused, and so is a number in a text's place", () => {
  assert.throws(
    () => textOf(Uint8Array.from([0xff])),
    (error) => isProblem(error, "call_malformed"),
  );
  assert.throws(
    () => textOf(undefined),
    (error) => isProblem(error, "call_malformed"),
  );
});
