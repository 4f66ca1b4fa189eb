/**
 * How long the single executable of this platform takes to start, against `depot` from a checkout and against Node.js
 * alone: medians of interleaved rounds. After `npm run package`:
 *
 *   node scripts/package/measure-start.ts [ROUNDS]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, type Cost, medianCost, runInterleaved } from "../../bench/measure.ts";
import { bundleCli } from "../bundle-cli.ts";
import { distFolder, root } from "./house.ts";
import { hostPlatformName } from "./platforms.ts";

const rounds = Number(process.argv[2] ?? 25);
const executable = join(distFolder, `depot-${hostPlatformName}`);
const launcher = [process.execPath, join(root, "apps/cli/bin/depot.js")];

const folder = await mkdtemp(join(tmpdir(), "od-start-"));
const contender = (name: string, ...argv: string[]): Contender => ({ name, argv, cwd: folder, env: { HOME: folder } });
try {
  await bundleCli();
  const costs = await runInterleaved(
    [
      contender("node -e 0", process.execPath, "-e", "0"),
      contender("depot --version, executable", executable, "--version"),
      contender("depot --version, checkout", ...launcher, "--version"),
      contender("depot build --help, executable", executable, "build", "--help"),
      contender("depot build --help, checkout", ...launcher, "build", "--help"),
    ],
    rounds,
  );
  print(new Map([...costs].map(([name, all]) => [name, medianCost(all)])));
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(medians: ReadonlyMap<string, Cost>): void {
  const bare = medians.get("node -e 0");
  process.stdout.write(`medians of ${rounds} interleaved rounds; in brackets against node -e 0\n`);
  for (const [name, { wall, cpu }] of medians) {
    const against = (value: number, base = Number.NaN): string =>
      `${(value * 1000).toFixed(0)} ms (${(value / base).toFixed(2)})`;
    process.stdout.write(`${name.padEnd(32)} wall ${against(wall, bare?.wall)}  cpu ${against(cpu, bare?.cpu)}\n`);
  }
}
