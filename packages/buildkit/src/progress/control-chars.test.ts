import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cleanLine, cleanText, unfinishedLength } from "./control-chars.ts";

describe("cleanText", () => {
  const hostile: ReadonlyArray<readonly [what: string, text: string, clean: string]> = [
    ["colours", "\x1b[1;31mred\x1b[0m", "red"],
    ["cursor movements", "a\x1b[2Ab\x1b[10;10Hc\x1b[2Jd", "abcd"],
    ["a title, ended by BEL", "a\x1b]0;owned\x07b", "ab"],
    ["a title, ended by ST", "a\x1b]2;owned\x1b\\b", "ab"],
    ["a title that never ends, up to the end of the line", "a\x1b]0;owned\nb", "a\nb"],
    ["a clipboard write", "\x1b]52;c;aGk=\x07ok", "ok"],
    ["device control and application strings", "\x1bPq#0\x1b\\a\x1b_G\x1b\\b\x1b^x\x1b\\c", "abc"],
    ["C1 introducers", "a\x9b2Jb\x9d0;t\x9cc\x90q\x9cd", "abcd"],
    ["a reset and a charset", "a\x1bcb\x1b(0c", "abc"],
    ["a sequence cut off by the end", "a\x1b[12;", "a"],
    ["lone control characters", "a\x00\x08\x0b\x0c\x0e\x7f\rb", "ab"],
    ["bidirectional overrides", "a\u202e\u2066b\u2069", "ab"],
    ["sequences inside of sequences", "\x1b[\x1b[2J\x1b]\x1b]0;x\x07ok", "ok"],
  ];
  for (const [what, text, clean] of hostile) {
    it(`takes out ${what}`, () => assert.equal(cleanText(text), clean));
  }

  it("leaves tabs, newlines and all that is text", () => {
    const text = "a\tb\nπ 日本 e\u0301 🚀 שלום";
    assert.equal(cleanText(text), text);
  });

  it("keeps colours when told to, and ends them", () => {
    assert.equal(cleanText("\x1b[31mred\x1b[2J", { keepColors: true }), "\x1b[31mred\x1b[0m");
  });

  it("leaves no escape behind, whatever bytes come", () => {
    const bytes = Buffer.from("\x1b[]PX^_\\\x07\x9b\x9d;m?2 aé\r\n", "latin1");
    let seed = 1;
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: 12 }, () => {
        seed = (seed * 48271) % 2147483647;
        return String.fromCharCode(bytes[seed % bytes.length] ?? 0);
      }).join("");
      assert.doesNotMatch(cleanText(text).replaceAll("\n", ""), /\p{Cc}/u, JSON.stringify(text));
    }
  });

  it("takes time in proportion to the length of hostile text", () => {
    const began = performance.now();
    cleanText("\x1b]0;\x1b[".repeat(200_000));
    assert.ok(performance.now() - began < 2000);
  });
});

describe("cleanLine", () => {
  it("makes one line of several", () => assert.equal(cleanLine("a\n\tb"), "a b"));
});

describe("unfinishedLength", () => {
  it("finds a sequence whose end is yet to come", () => {
    assert.equal(unfinishedLength("text\x1b[31"), 4);
    assert.equal(unfinishedLength("text\x1b"), 1);
    assert.equal(unfinishedLength("text\x1b]0;ti"), 6);
  });

  it("is 0 after a whole sequence", () => assert.equal(unfinishedLength("text\x1b[31m"), 0));
});
