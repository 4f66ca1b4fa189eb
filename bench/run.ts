/**
 * Performance against the real peers, in interleaved runs on one engine.
 *
 *   npm run bench                     every goal, full size
 *   npm run bench -- --only P1        goals whose case is named (P1 and P6 are one case)
 *   npm run bench -- --rounds 3       fewer runs of each contender
 *   npm run bench -- --small          contexts of a tenth of the size
 *
 * Prints a table for each piece of work and writes `bench/results/latest.json`. Needs `buildkitd` and `runc` on PATH
 * (`scripts/install-buildkitd.sh FOLDER` builds the first) and root. With `TMPDIR` in memory (`/dev/shm`), contexts measure the
 * programs rather than the disk.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleCli } from "../scripts/bundle-cli.ts";
import { benchBake, benchCompose } from "./cases/bake.ts";
import { benchBakePrint } from "./cases/bake-print.ts";
import { benchCachedRebuild } from "./cases/cached-rebuild.ts";
import { benchContexts } from "./cases/contexts.ts";
import { benchGateway } from "./cases/gateway.ts";
import { benchLoad } from "./cases/load.ts";
import { benchPush } from "./cases/push.ts";
import { benchPushMemory, benchRegistry, benchSavedPush } from "./cases/registry.ts";
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
const loadSizes = { imageBytes: (values.small ? 100 : 500) * 1024 ** 2, changedBytes: 1024 ** 2 };

await bundleCli();
const rows: Row[] = [];
const collect = (found: Row[]): void => {
  rows.push(...found);
  process.stdout.write(`${renderTable(found)}\n`); // as soon as it is known: the whole takes a while
};
await using world = await openWorld();
if (wants("P1", "P6")) collect(await benchCachedRebuild(world, rounds(15)));
if (wants("gateway")) collect(await benchGateway(world, rounds(25), sizes.bigFileBytes));
if (wants("P2")) {
  for await (const found of benchContexts(world, rounds(3), sizes)) collect(found);
}
if (wants("P3")) {
  for await (const found of benchLoad(world, rounds(5), loadSizes)) collect(found);
}
if (wants("push")) collect(await benchPush(world, rounds(7), { ...loadSizes, imageBytes: 20 * 1024 ** 2 }));
if (wants("P8")) {
  const files = values.small ? 2_000 : 20_000;
  collect(await benchBake(world, rounds(3), files));
  collect(await benchCompose(world, rounds(3), files));
}
if (wants("P10")) {
  for await (const found of benchRegistry(world, rounds(5), sizes.bigFileBytes)) collect(found);
  process.stdout.write(`${await benchPushMemory(world, 50, (values.small ? 20 : 200) * 1024 ** 2)}\n`);
}
if (wants("P12")) collect(await benchSavedPush(world, rounds(5), loadSizes));
if (wants("P9")) {
  for await (const found of benchBakePrint(world, rounds(15))) collect(found);
}
writeJson(join(import.meta.dirname, "results/latest.json"), rows);
