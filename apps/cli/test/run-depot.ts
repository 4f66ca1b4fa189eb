import { spawn } from "node:child_process";
import { join } from "node:path";

/** How `depot` ended. */
export interface DepotOutcome {
  /** The exit code; -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  /** The same as it came. */
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
  /** From the start to the end, in milliseconds. */
  readonly tookMs: number;
}

/** How `depot` is started. */
export interface DepotOptions {
  readonly cwd?: string;
  /** Beside a bare environment without any settings of the developer's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the one that runs the tests. */
  readonly node?: string;
  /** Default: nothing, closed at once. */
  readonly stdin?: string | Uint8Array;
  /** Called with the process once it runs, for signals. */
  readonly onStart?: (process: RunningDepot) => void | Promise<void>;
}

/** A `depot` that runs. */
export interface RunningDepot {
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stderr has shown `text`, and rejects when the process ends without. */
  shows(text: string): Promise<void>;
  /** Closes our end of its stdout, as a reader does that has seen enough. */
  closeStdout(): void;
}

/** The launcher, as it is installed. */
export const executable: string = join(import.meta.dirname, "../bin/depot.js");

/** Runs the real executable, from its sources, to its end. */
export async function runDepot(args: readonly string[], options: DepotOptions = {}): Promise<DepotOutcome> {
  const startMs = performance.now();
  const child = spawn(options.node ?? process.execPath, [executable, ...args], {
    cwd: options.cwd ?? "/",
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", DEPOT_RUN_SOURCES: "1", ...options.env },
  });
  let stderr = "";
  const out: Buffer[] = [];
  const watchers = new Set<() => void>();
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const watch of watchers) watch();
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const closed = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const shows = async (text: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<true>();
    const watch = (): void => {
      if (stderr.includes(text)) resolve(true);
    };
    watchers.add(watch);
    watch();
    if ((await Promise.race([promise, closed])) !== true) throw new Error(`never showed ${text}:\n${stderr}`);
  };
  const steering = options.onStart?.({
    kill: (signal) => child.kill(signal),
    shows,
    closeStdout: () => child.stdout.destroy(),
  });
  const [code] = await Promise.all([closed, steering]);
  const stdoutBytes = Buffer.concat(out);
  return { code, stdout: stdoutBytes.toString(), stdoutBytes, stderr, tookMs: performance.now() - startMs };
}
