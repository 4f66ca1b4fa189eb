/**
 * Runs one of the project's own scripts (`scripts/NAME.ts`) with everything it needs: installs the dependencies when
 * they are missing or out of date, then hands over to the pinned Node.js. Itself plain JavaScript, so that whatever
 * Node.js (18 or later) a machine has can start it.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const pinnedNode = join(root, "node_modules/node/bin/node");

function installDependencies() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const fingerprint = createHash("sha256").update(lock).digest("hex");
  const stamp = join(root, "node_modules/.install-stamp");
  if (existsSync(pinnedNode) && existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) return;
  process.stderr.write("installing dependencies (npm install)…\n");
  // Not npm ci: it refuses a lock file without the binaries of other platforms, which not every registry has.
  const args = ["install", "--no-save", "--no-progress", "--loglevel=error"];
  const { status } = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    process.stderr.write(
      "error: npm install failed\nhint: check that this machine reaches its npm registry, then try again\n",
    );
    process.exit(1);
  }
  writeFileSync(stamp, fingerprint);
}

const [script, ...args] = process.argv.slice(2);
installDependencies();
const path = `${join(root, "node_modules/.bin")}:${join(root, "node_modules/node/bin")}:${process.env.PATH}`;
const { status, signal } = spawnSync(pinnedNode, [join(root, "scripts", `${script}.ts`), ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: path },
});
process.exit(status ?? (signal ? 130 : 1));
