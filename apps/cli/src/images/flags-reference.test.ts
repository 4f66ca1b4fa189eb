import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Flag } from "@opendepot/command";
import { imageListFlags, imageRemoveFlags, pullFlags, pullTokenFlags, pushFlags } from "./flags.ts";

const reference = readFileSync(join(import.meta.dirname, "../../../../docs/reference/images.md"), "utf8");

/** The rows of a command's table: `--name, -n repeats default`. */
function rowsOf(command: string): string[] {
  const section = reference.split("\n## ").find((text) => text.startsWith(command)) ?? "";
  const rows = section.matchAll(/^\| `--([a-z-]+)`(?:, `-(\w)`)? +\| (yes|) *\| (?:`(.+?)`)? *\|/gm);
  return [...rows].map(([, name, short = "", repeats, fallback = ""]) => [name, short, repeats, fallback].join(" "));
}

const commands: Readonly<Record<string, readonly Flag[]>> = {
  "depot pull [": pullFlags,
  "depot push ": pushFlags,
  "depot pull-token": pullTokenFlags,
  "depot image list": imageListFlags,
  "depot image rm": imageRemoveFlags,
};

for (const [command, flags] of Object.entries(commands)) {
  test(`the reference of ${command.replace(/ ?\[?$/, "")} is the command's own definition`, () => {
    const defined = flags.map((flag) =>
      [flag.name, flag.short ?? "", flag.kind === "list" ? "yes" : "", flag.default ?? ""].join(" "),
    );
    assert.deepEqual(rowsOf(command).sort(), defined.sort());
  });
}
