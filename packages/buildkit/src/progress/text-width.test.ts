import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fitWidth, textWidth, wrapWidth } from "./text-width.ts";

describe("textWidth", () => {
  it("counts wide characters twice and combining ones not at all", () => {
    assert.equal(textWidth("RUN make"), 8);
    assert.equal(textWidth("日本語"), 6);
    assert.equal(textWidth("e\u0301a\u200d"), 2);
    assert.equal(textWidth("🚀!"), 3);
    assert.equal(textWidth("ｆｕ"), 4);
  });
});

describe("fitWidth", () => {
  it("cuts before a wide character that would stand out, and after combining ones", () => {
    assert.equal(fitWidth("日本語", 5), "日本");
    assert.equal(fitWidth("e\u0301xyz", 1), "e\u0301");
    assert.equal(fitWidth("🚀🚀", 3), "🚀");
    assert.equal(fitWidth("abc", 0), "");
  });
});

describe("wrapWidth", () => {
  it("cuts a long line into rows and loses nothing", () => {
    assert.deepEqual(wrapWidth("abcdefg", 3), ["abc", "def", "g"]);
    assert.deepEqual(wrapWidth("", 3), [""]);
    assert.equal(wrapWidth("日本語".repeat(10), 7).join(""), "日本語".repeat(10));
  });

  it("ends where the terminal is too narrow for anything", () => {
    assert.deepEqual(wrapWidth("日本", -5), ["日", "本"]);
  });
});
