import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseCases, type RecordedRun } from "./case-file.ts";
import { runCase } from "./run-case.ts";

const FOLDER = join(import.meta.dirname, "../testdata");

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".cases"))) {
  suite(`what buildx does with ${file}`, () => {
    const text = readFileSync(join(FOLDER, file.replace(/\.cases$/, ".recorded.json")), "utf8");
    const recorded = JSON.parse(text) as Record<string, RecordedRun>;
    for (const parityCase of parseCases(readFileSync(join(FOLDER, file), "utf8"))) {
      test(parityCase.name, async () => assert.deepEqual(await runCase(parityCase), recorded[parityCase.name]));
    }
  });
}
