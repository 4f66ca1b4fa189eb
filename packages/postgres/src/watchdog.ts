import { spawn } from "node:child_process";
import { once } from "node:events";
import { abortable } from "@opendepot/base";
import type { OsUser } from "./run-program.ts";
import { asUser, plainEnvironment } from "./run-program.ts";
import type { ServerProcess } from "./server-process.ts";

/** Waits for a word; when the input ends without one, we are dead and the server is asked to stop. */
const script = 'read -r word || kill -INT "$1"';
const standDownLimitMs = 2_000;

/**
 * Starts a shell that stops the server when this process dies without having done so, even by `kill -9`. It
 * notices by its standard input, whose other end dies with us. It goes home when disposed of, and when the server
 * has ended: from then on the pid can belong to somebody else.
 *
 * The next start would stop a server that was left behind as well; this only makes it sooner.
 */
export function startWatchdog(server: ServerProcess, user: OsUser | undefined): AsyncDisposable {
  const shell = spawn("/bin/sh", ["-c", script, "opendepot-postgres-watchdog", String(server.pid)], {
    ...asUser(user),
    cwd: "/",
    env: plainEnvironment,
    detached: true, // an interrupt from the terminal is for us alone
    stdio: ["pipe", "ignore", "ignore"],
  });
  const closed = once(shell, "close").catch(() => undefined); // without a shell there is no watchdog
  shell.stdin.on("error", () => undefined);
  const standDown = (): void => {
    if (!shell.stdin.writableEnded) shell.stdin.end("done\n");
  };
  void server.ended.then(standDown);
  return {
    [Symbol.asyncDispose]: async () => {
      standDown();
      await abortable(closed, AbortSignal.timeout(standDownLimitMs)).catch(() => shell.kill("SIGKILL"));
    },
  };
}
