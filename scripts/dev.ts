/** A server in the foreground on the checkout's own data folder, started again whenever its sources change. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, stateFolder } from "./quickstart/house.ts";

const child = spawn(
  process.execPath,
  ["--watch", join(root, "apps/server/src/main.ts"), "start", "--data-dir", stateFolder, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
