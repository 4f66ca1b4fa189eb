import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { findExecutable } from "@opendepot/builder";

const START_MS = 60_000;
const STOP_MS = 15_000;

/** The end of what daemons have written. */
export class TailLog {
  text = "";

  add(more: string): void {
    this.text = (this.text + more).slice(-50_000);
  }
}

/** How a daemon is started. */
export interface DaemonOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: TailLog;
  /** Ready once somebody listens there. */
  readonly socket: string;
}

/**
 * Starts a daemon and waits until it listens. Disposing stops it, at first in the graceful way.
 *
 * @throws {Error} with its log when it does not come to listen
 */
export async function startDaemon(
  argv: readonly string[],
  { env, log, socket }: DaemonOptions,
): Promise<AsyncDisposable> {
  // The kernel ends it when a killed test cannot.
  const setpriv = await findExecutable("setpriv", env["PATH"] ?? "");
  const [command = "", ...args] = setpriv ? [setpriv, "--pdeathsig", "TERM", ...argv] : argv;
  const child = spawn(command, args, { env, cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => log.add(text));
  const ended = once(child, "exit");
  await once(child, "spawn");
  const running = { [Symbol.asyncDispose]: () => stop(child, ended) };
  const deadline = Date.now() + START_MS;
  while (!(await isListening(socket))) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      await sleep(20);
      continue;
    }
    await running[Symbol.asyncDispose]();
    throw new Error(`${argv.join(" ")} does not start:\n${log.text}`);
  }
  return running;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
  // Shims of containers inherit the pipes.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function isListening(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect({ path: socket });
  probe.once("connect", () => resolve(true));
  probe.once("error", () => resolve(false));
  const is = await promise;
  probe.destroy();
  return is;
}
