import { type ChildProcess, spawn } from "node:child_process";

/** What a program left behind. */
export interface ProgramOutcome {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** Written to its standard input, which is closed afterwards. Default: nothing. */
  readonly input?: string | Uint8Array | undefined;
  /** Kills it with SIGKILL. Default: after two minutes. */
  readonly signal?: AbortSignal | undefined;
  /** Sees the process once it runs, to send it signals. */
  readonly onStart?: ((child: ChildProcess) => void) | undefined;
}

/** Runs a program to its end, whatever that is, and keeps what it wrote. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramOutcome> {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
    signal: options.signal ?? AbortSignal.timeout(120_000),
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  options.onStart?.(child);
  return await new Promise((resolve, reject) => {
    child.once("error", (error) => {
      if (error.name !== "AbortError") reject(error);
    });
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
