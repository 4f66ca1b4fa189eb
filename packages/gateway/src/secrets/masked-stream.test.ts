import assert from "node:assert/strict";
import { test } from "node:test";
import { BytePattern } from "./byte-pattern.ts";
import { MaskedStream } from "./masked-stream.ts";

const patternsOf = (...texts: readonly string[]): BytePattern[] =>
  texts.map((text) => new BytePattern(Buffer.from(text)));

function masked(patterns: readonly BytePattern[], ...pieces: readonly string[]): string {
  const stream = new MaskedStream(patterns);
  const told = pieces.map((piece) => stream.push(Buffer.from(piece)).toString("latin1"));
  return told.join("") + stream.rest().toString("latin1");
}

test("a secret is masked wherever it stands, however it is cut", () => {
  const patterns = patternsOf("hunter22");
  assert.equal(masked(patterns, "password: hunter22\n"), "password: ***\n");
  assert.equal(masked(patterns, "hunter22hunter22"), "***");
  assert.equal(masked(patterns, "hunter22 hunter22"), "*** ***");
  assert.equal(masked(patterns, ..."a hunter22 b"), "a *** b");
  assert.equal(masked(patterns, "a hunter", "2", "3 b"), "a hunter23 b");
  assert.equal(masked(patterns, "a hunter2"), "a hunter2");
});

test("nothing is held back but what may be the beginning of a secret", () => {
  const stream = new MaskedStream(patternsOf("abcabd"));
  assert.equal(stream.push(Buffer.from("xxabcab")).toString(), "xx");
  assert.equal(stream.heldBytes, 5);
  assert.equal(stream.push(Buffer.from("c")).toString(), "abc");
  assert.equal(stream.push(Buffer.from("abd.")).toString(), "***.");
  assert.equal(stream.heldBytes, 0);
});

test("secrets that overlap, or lie in each other, leave nothing of any", () => {
  assert.equal(masked(patternsOf("abcd", "cdef"), "-abcdef-"), "-***-");
  assert.equal(masked(patternsOf("aXa"), "aXaXa"), "***");
  assert.equal(masked(patternsOf("key=value", "value"), "key=value", "; value"), "***; ***");
  assert.equal(masked(patternsOf("bb", "abba"), ..."abba"), "***");
});

test("secrets that become known later are masked from then on", () => {
  const patterns = patternsOf("first");
  const stream = new MaskedStream(patterns);
  assert.equal(stream.push(Buffer.from("first second fi")).toString(), "*** second ");
  patterns.push(...patternsOf("second"));
  assert.equal(stream.push(Buffer.from("rst second")).toString(), "*** ***");
});

test("cut at random, 20,000 texts are masked as they are whole", () => {
  let seed = 20_261_126;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const word = (length: number): string => Array.from({ length }, () => "ab"[random(2)]).join("");
  for (let round = 0; round < 20_000; round++) {
    const secrets = Array.from({ length: 1 + random(3) }, () => word(1 + random(6)));
    const text = word(random(40));
    const pieces: string[] = [];
    for (let at = 0; at < text.length; ) {
      const end = at + 1 + random(6);
      pieces.push(text.slice(at, end));
      at = end;
    }
    assert.equal(masked(patternsOf(...secrets), ...pieces), maskedWhole(text, secrets), `${secrets} in ${pieces}`);
  }
});

/** Marks every byte of every place, then reads the marks. */
function maskedWhole(text: string, secrets: readonly string[]): string {
  const marks = new Set<number>();
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
      for (let index = at; index < at + secret.length; index++) marks.add(index);
    }
  }
  return [...text].map((letter, at) => (marks.has(at) ? (marks.has(at - 1) ? "" : "***") : letter)).join("");
}

test("the worst text costs no more than any other", () => {
  const worst = "abcdX".repeat(50_000);
  const started = performance.now();
  for (const secrets of [["a".repeat(250_000)], [worst, "abcd"]]) {
    const stream = new MaskedStream(patternsOf(...secrets));
    for (const letter of secrets[0] ?? "") stream.push(Buffer.from(letter));
    for (const letter of secrets[0] ?? "") stream.push(Buffer.from(letter));
    stream.push(Buffer.from(`${"a".repeat(1_000_000)}b`));
    stream.rest();
  }
  assert.ok(performance.now() - started < 8_000, `${performance.now() - started} ms`);
});
