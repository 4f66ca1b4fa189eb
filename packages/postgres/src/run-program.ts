import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { onAbort } from "@opendepot/base";

const keptOutput = 64 * 1024;

/** A user of the operating system. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** How {@link runProgram} starts the program. */
export interface RunOptions {
  /** Another user to run it as. Default: ourselves. */
  readonly user?: OsUser | undefined;
  /** Entered before the user is changed, so the user needs no right to get there. */
  readonly cwd?: string | undefined;
  /** Kills the program and everything it started. */
  readonly signal?: AbortSignal | undefined;
}

/** What a program said and how it ended. */
export interface ProgramResult {
  readonly code: number | null;
  /** Standard output and error together, cut to its last 64 KiB. */
  readonly output: string;
}

/** The environment of every program we start: messages in English, no locale, no time zone, nothing of our own. */
export const plainEnvironment: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  TZ: "UTC",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/** The part of spawn's options that makes a program run as `user`. */
export function asUser(user: OsUser | undefined): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

/**
 * Runs a program to its end.
 *
 * @throws the system error when it cannot be started; the signal's reason, once nothing of it runs any more
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    ...asUser(options.user),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: plainEnvironment,
    // A group of its own: programs such as initdb start others, and all must go on abort.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  using _kill = onAbort(options.signal, () => killGroup(child.pid));
  const closed = Promise.withResolvers<number | null>();
  child.once("error", closed.reject).once("close", closed.resolve);
  const [out, err, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), closed.promise]);
  options.signal?.throwIfAborted();
  return { code, output: Buffer.concat([out, err]).subarray(-keptOutput).toString("utf8") };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ended on its own meanwhile
  }
}
