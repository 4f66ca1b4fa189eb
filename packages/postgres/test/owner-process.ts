/**
 * A process of its own that starts a server on the folder named by its first argument, says so on its standard
 * output as one line of JSON, and waits to be killed. With `without-watchdog` as the second argument the server's
 * watchdog is gone by then, as if it had been killed too.
 */
import { readFileSync } from "node:fs";
import { startManagedPostgres } from "../src/index.ts";

const [dataDir = "", mode] = process.argv.slice(2);
const postgres = await startManagedPostgres({ dataDir });
if (mode === "without-watchdog") process.kill(watchdogPid(), "SIGKILL");
process.stdout.write(`${JSON.stringify({ pid: postgres.pid, connectionString: postgres.connectionString })}\n`);
setInterval(() => undefined, 60_000);

function watchdogPid(): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
  const isWatchdog = (pid: string): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("watchdog");
  return Number(children.find(isWatchdog));
}
