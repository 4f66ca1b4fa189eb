/** Everything that must hold besides the tests: format, lint, types, dead code, generated files, proto rules. */
import { spawn } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const steps: ReadonlyArray<readonly [name: string, command: string, ...args: string[]]> = [
  ["format and lint", "biome", "check", "."],
  ["types", "tsc", "-p", "."],
  ["typed lint", "eslint", "."],
  ["dead code", "knip"],
  ["proto rules", "buf", "lint"],
  ["generated code", "node", "scripts/generate.ts", "--check"],
];

function runStep(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.once("error", (error) => resolve({ code: 1, output: String(error) }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

let failures = 0;
for (const [name, command, ...args] of steps) {
  const started = performance.now();
  const { code, output } = await runStep(command, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? "ok  " : "FAIL"}  ${name} (${seconds} s)\n${code === 0 ? "" : output}`);
  if (code !== 0) failures++;
}
if (failures > 0) {
  process.stdout.write(`${failures} of ${steps.length} checks failed; npm run fix mends format and simple lint\n`);
  process.exitCode = 1;
}
