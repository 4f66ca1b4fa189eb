/**
 * Runs the tests. Without arguments: all of them, on every engine that this machine has or can install.
 *
 *   npm test                        everything
 *   npm test -- --unit              only what needs no engine and no PostgreSQL
 *   npm test -- apps/cli            only files whose path contains the word
 *
 * `DEPOT_TEST_ENGINES=buildkitd,dockerd` chooses the engines. The last line is `N passed, N failed`.
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const root = join(import.meta.dirname, "..");

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function runFiles(files: readonly string[], concurrency: number): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return counts;
  const events = run({ files: files.map((file) => join(root, file)), concurrency, timeout: 10 * 60_000 });
  events.on("test:summary", (summary) => {
    if (summary.file !== undefined) return;
    const { passed, skipped, tests } = summary.counts;
    counts.passed = passed;
    counts.skipped = skipped;
    // Whatever was neither passed nor skipped has failed: canceled ones, too.
    counts.failed = tests - passed - skipped;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text as string);
  return counts;
}

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const wanted = (file: string): boolean => words.length === 0 || words.some((word) => file.includes(word));
const all = globSync("{packages,apps,scripts,conformance}/**/*.test.ts", {
  cwd: root,
  exclude: (path) => path.includes("node_modules"),
}).sort();
const needsEngine = (file: string): boolean => /\.(engine|conformance)\.test\.ts$/.test(file);

const unit = await runFiles(
  all.filter((file) => wanted(file) && !needsEngine(file)),
  availableParallelism(),
);
let engine: Counts = { passed: 0, failed: 0, skipped: 0 };
if (!process.argv.includes("--unit")) {
  const { prepareTestEngines, prepareTestS3, prepareTestTools } = await import("@opendepot/testing");
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  const kinds = await prepareTestEngines(tell);
  await prepareTestTools(tell);
  await prepareTestS3(tell);
  process.stdout.write(`engines: ${kinds.join(", ")}\n`);
  // Engines are heavy: several at a time only slow each other down.
  engine = await runFiles(
    all.filter((file) => wanted(file) && needsEngine(file)),
    1,
  );
}

const failed = unit.failed + engine.failed;
const skipped = unit.skipped + engine.skipped;
const tail = skipped > 0 ? `, ${skipped} skipped` : "";
process.stdout.write(`${unit.passed + engine.passed} passed, ${failed} failed${tail}\n`);
process.exitCode = failed === 0 ? 0 : 1;
