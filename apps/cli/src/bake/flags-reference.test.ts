import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DEFAULT_BAKE_FILES } from "@opendepot/bake";
import { bakeFlags } from "./flags.ts";

const reference = readFileSync(join(import.meta.dirname, "../../../../docs/reference/bake.md"), "utf8");

/** The rows of the reference's table: `--name, -n repeats default`. */
function rowsOf(text: string): string[] {
  const rows = text.matchAll(/^\| `--([a-z-]+)`(?:, `-(\w)`)? +\| (yes|) *\| (?:`(.+?)`)? *\|/gm);
  return [...rows].map(([, name, short = "", repeats, fallback = ""]) => [name, short, repeats, fallback].join(" "));
}

test("the reference of bake's flags is the command's own definition", () => {
  const defined = bakeFlags
    .filter(({ name }) => name !== "buildkit-address")
    .map((flag) => [flag.name, flag.short ?? "", flag.kind === "list" ? "yes" : "", flag.default ?? ""].join(" "));

  assert.deepEqual(rowsOf(reference).sort(), defined.sort());
});

test("what is not there yet says so in the reference, and nothing else does", () => {
  const missing = bakeFlags.filter(({ notYet }) => notYet !== undefined).map(({ name }) => name);
  const said = [...reference.matchAll(/^\| `--([a-z-]+)`.*\| (?:not yet|refused unless)[^|]*\|$/gm)];
  assert.deepEqual(said.map(([, name]) => name).sort(), missing.sort());
});

test("the reference lists the files in the order in which they are read", () => {
  const listed = [...reference.matchAll(/^\d\. `(.+)`$/gm)].map(([, name]) => name);
  assert.deepEqual(listed, DEFAULT_BAKE_FILES);
});
