import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { abortable } from "@opendepot/base";
import { hostCommandFailed } from "../problems.ts";
import { findExecutable } from "./executable.ts";

/** A lock among processes of this machine. */
export interface HostLockOptions {
  /** The file that stands for it, absolute; it stays, empty. Its folder is made when missing. */
  readonly file: string;
  /** The value of PATH, for `flock` (util-linux or busybox). */
  readonly path: string;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Waits until no other process holds the lock, and holds it until the result is disposed of or this process ends,
 * however it ends: flock(2), held by a child that lives as long as its standard input is open.
 *
 * @throws {Problem} `host_command_failed` when there is no `flock` or it cannot write the file
 * @throws the signal's reason on abort
 */
export async function holdHostLock(options: HostLockOptions): Promise<AsyncDisposable> {
  await mkdir(path.dirname(options.file), { recursive: true, mode: 0o700 });
  const command = await findExecutable("flock", options.path);
  if (!command) throw hostCommandFailed("flock", "is not on the PATH", "");
  const child = spawn(command, [options.file, "sh", "-c", "echo held && exec cat"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: options.path },
  });
  const closed = once(child, "close");
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  child.stdin.on("error", () => undefined);
  const failed = closed.then(() => {
    throw hostCommandFailed("flock", `could not lock ${options.file}`, Buffer.concat(complaints).toString());
  });
  try {
    await abortable(Promise.race([once(child.stdout, "data"), failed]), options.signal);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  failed.catch(() => undefined);
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
