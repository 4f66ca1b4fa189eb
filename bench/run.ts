/**
 * Performance against the real peers, in interleaved runs on one engine.
 *
 *   npm run bench                     every goal, full size
 *   npm run bench -- --only P1        goals whose case is named (P1 and P6 are one case)
 *   npm run bench -- --rounds 3       fewer runs of each contender
 *   npm run bench -- --small          contexts of a tenth of the size
 *
 * Prints a table and writes `bench/results/latest.json`. Needs `buildkitd` and `runc` on PATH
 * (`scripts/install-buildkitd.sh FOLDER` builds the first) and root.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleCli } from "../scripts/bundle-cli.ts";
import { benchCachedRebuild } from "./cases/cached-rebuild.ts";
import { benchContexts } from "./cases/contexts.ts";
import { type Row, renderTable, writeJson } from "./report.ts";
import { openWorld } from "./world.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, rounds: { type: "string" }, small: { type: "boolean", default: false } },
});
const wants = (...goals: string[]): boolean => values.only === undefined || goals.includes(values.only);
const rounds = (byDefault: number): number => (values.rounds === undefined ? byDefault : Number(values.rounds));
const sizes = values.small
  ? { bigFileBytes: 100 * 1024 ** 2, files: 5_000 }
  : { bigFileBytes: 1024 ** 3, files: 50_000 };

await bundleCli();
const rows: Row[] = [];
await using world = await openWorld();
if (wants("P1", "P6")) rows.push(...(await benchCachedRebuild(world, rounds(15))));
if (wants("P2", "gateway")) rows.push(...(await benchContexts(world, rounds(3), sizes)));
process.stdout.write(`${renderTable(rows)}\n`);
writeJson(join(import.meta.dirname, "results/latest.json"), rows);
