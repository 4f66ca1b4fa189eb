#!/usr/bin/env node
// Runs the server on the Node.js that this installation pins, whichever one the system has.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED = 24;
const main = join(dirname(fileURLToPath(import.meta.url)), "../src/main.ts");

if (Number(process.versions.node.split(".")[0]) >= NEEDED) await import(main);
else runOn(findPinned(dirname(main)));

/** The `node` of the installation: in the nearest `node_modules/.bin` upwards. */
function findPinned(folder) {
  const candidate = join(folder, "node_modules/.bin/node");
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  return parent === folder ? undefined : findPinned(parent);
}

function runOn(node) {
  if (!node) {
    process.stderr.write(
      `error: depot-server needs Node.js ${NEEDED}, this is ${process.version}; run npm install first\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends SIGINT to both of us: passed on as well, it would be the second signal, which means "at once".
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
