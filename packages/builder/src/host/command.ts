import { spawn } from "node:child_process";
import { hostCommandFailed } from "../problems.ts";

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** How a program of this machine is run. */
export interface CommandOptions {
  /** The program's whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Kills the program when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the program is killed. Default: 30 000. */
  readonly timeoutMs?: number | undefined;
  readonly cwd?: string | undefined;
  /** Goes to its standard input. Default: none. */
  readonly input?: string | undefined;
  /** Called with each line of standard output, for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs a program to its end and returns its standard output (at most 4 MiB are kept).
 *
 * @throws {Problem} `host_command_failed` when it cannot be started, exits with another code than 0, or takes too long
 * @throws the signal's reason on abort
 */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const limit = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const child = spawn(command, args, {
    env: { ...options.env },
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => undefined); // EPIPE: its exit code tells more
  child.stdin.end(options.input ?? "");
  const output = new BoundedText();
  const complaints = new BoundedText();
  child.stdout.on("data", (chunk: Buffer) => {
    output.add(chunk);
    if (options.onLine) for (const line of chunk.toString().split(/[\r\n]+/)) if (line.trim()) options.onLine(line);
  });
  child.stderr.on("data", (chunk: Buffer) => complaints.add(chunk));
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  child.on("error", (error) => resolve(error.message));
  child.once("close", (code, killedBy) => {
    resolve(code === 0 ? undefined : `failed with ${killedBy === null ? `exit code ${code}` : killedBy}`);
  });
  const failed = await promise;
  options.signal?.throwIfAborted();
  if (limit.aborted && failed !== undefined) throw hostCommandFailed(command, "took too long", complaints.text());
  if (failed !== undefined) throw hostCommandFailed(command, failed, complaints.text() || output.text());
  return output.text();
}

/** Keeps the beginning of what a program writes. */
class BoundedText {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    if (this.#bytes >= MAX_OUTPUT_BYTES) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
