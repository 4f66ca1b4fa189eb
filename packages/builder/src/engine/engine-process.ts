import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { findExecutable } from "../host/executable.ts";
import { engineStartFailed } from "../problems.ts";
import type { EngineLog } from "./engine-log.ts";

const LAST_WORDS_MS = 200;
const KILL_MS = 5_000;

/** How an engine's process is started. */
export interface EngineProcessOptions {
  /** Absolute path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment; `PATH` must be in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: EngineLog;
}

/** How a process ended, in words: `exit code 1`, `signal SIGKILL`. */
export type ProcessEnd = string;

/** A process of an engine. Whoever started it stops it. */
export interface EngineProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output is read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGTERM, and SIGKILL to its whole process group after `graceMs` milliseconds. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a process of an engine in its own process group, so that a terminal's Ctrl-C does not reach it before its
 * owner has put the builds away, with its output in `log`.
 *
 * Where `setpriv` (util-linux) is on the PATH given, the kernel sends the process SIGTERM when the thread that
 * called this ends: an engine does not outlive a server that was killed.
 *
 * @throws {Problem} `engine_start_failed`
 */
export async function startEngineProcess(options: EngineProcessOptions): Promise<EngineProcess> {
  const setpriv = await findExecutable("setpriv", options.env["PATH"] ?? "");
  const [command, args] = setpriv
    ? [setpriv, ["--pdeathsig", "TERM", options.command, ...options.args]]
    : [options.command, options.args];
  const child = spawn(command, args, { env: options.env, detached: true, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk: Buffer) => options.log.add(chunk));
  child.stderr.on("data", (chunk: Buffer) => options.log.add(chunk));
  const ended = endOf(child);
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw engineStartFailed(`${options.command} cannot be run`, { cause });
  }
  return new RunningProcess(Number(child.pid), ended);
}

class RunningProcess implements EngineProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  #hasEnded = false;

  constructor(pid: number, ended: Promise<ProcessEnd>) {
    this.pid = pid;
    this.ended = ended.then((end) => {
      this.#hasEnded = true;
      return end;
    });
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#hasEnded) return;
    send(this.pid, "SIGTERM");
    await this.#endedWithin(graceMs);
    if (this.#hasEnded) return;
    send(-this.pid, "SIGKILL");
    // Only a process that hangs in the kernel is still there after this; waiting longer would help nobody.
    await this.#endedWithin(KILL_MS);
  }

  async #endedWithin(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.ended, late]);
    clearTimeout(timer);
  }
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.once("error", (error) => resolve(error.message));
  child.once("exit", (code, signal) => {
    const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const finish = (): void => {
      clearTimeout(patience);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(end);
    };
    // "close" waits for grandchildren that hold the pipes; a short while is enough for the last words.
    const patience = setTimeout(finish, LAST_WORDS_MS);
    child.once("close", finish);
  });
  return promise;
}

/** Signals a process, or with a negative number its group; one that has just gone is fine. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it went by itself in the meantime
  }
}
