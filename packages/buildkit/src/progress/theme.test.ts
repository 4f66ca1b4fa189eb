import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTheme } from "./theme.ts";

describe("createTheme", () => {
  it("paints steps blue and errors red", () => {
    assert.equal(createTheme().paint("run", "x"), "\x1b[34mx\x1b[0m");
    assert.equal(createTheme().paint("error", "x"), "\x1b[31mx\x1b[0m");
  });

  it("adds nothing at all under NO_COLOR, even with BUILDKIT_COLORS", () => {
    const theme = createTheme({ noColor: true, colors: "run=red" });
    assert.equal(theme.paint("run", "x") + theme.faint("y"), "xy");
  });

  it("takes names and numbers from BUILDKIT_COLORS", () => {
    const theme = createTheme({ colors: "run=light-green:ERROR=Magenta:cancel=255,0,128:warning=default" });
    assert.equal(theme.paint("run", "x"), "\x1b[92mx\x1b[0m");
    assert.equal(theme.paint("error", "x"), "\x1b[35mx\x1b[0m");
    assert.equal(theme.paint("cancel", "x"), "\x1b[38;5;199mx\x1b[0m");
    assert.equal(theme.paint("warning", "x"), "\x1b[39mx\x1b[0m");
  });

  it("leaves out what it cannot read", () => {
    const theme = createTheme({ colors: "run=256,0,0:error=\x1b[2J:nothing=red:__proto__=red:cancel" });
    assert.equal(theme.paint("run", "x"), "\x1b[34mx\x1b[0m");
    assert.equal(theme.paint("error", "x"), "\x1b[31mx\x1b[0m");
  });
});
