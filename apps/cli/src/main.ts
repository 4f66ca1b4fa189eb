import { homedir, hostname } from "node:os";
import { setImmediate } from "node:timers/promises";
import { type Problem, systemCodeOf } from "@opendepot/base";
import type { CliContext } from "./cli-context.ts";
import { stdoutClosed, stdoutUnwritable } from "./problems.ts";
import { listenForSignals } from "./process-signals.ts";
import { runCommand } from "./run-command.ts";
import { printProblem } from "./terminal/print-problem.ts";
import { createTerminal, type Terminal } from "./terminal/terminal.ts";

const SHOW_CURSOR = "\x1b[?25h";

/** The command `depot`: the one place that looks at the process and ends it. */
export async function main(): Promise<void> {
  const terminal = createTerminal(process.stdout, process.stderr);
  const stop = listenForSignals(process, () => leave(terminal, 1));
  let lost: Problem | undefined;
  process.stdout.on("error", (error) => {
    lost ??= systemCodeOf(error) === "EPIPE" ? stdoutClosed() : stdoutUnwritable(error);
    stop.abort(lost);
  });
  process.stderr.on("error", () => undefined); // nobody is left to be told
  process.on("uncaughtException", (error) => {
    printProblem(terminal, error, { isDebug: true });
    leave(terminal, 1);
  });
  const context: CliContext = {
    terminal,
    stdin: () => process.stdin,
    environment: { ...process.env },
    cwd: process.cwd(),
    home: homedir(),
    host: { platform: process.platform, arch: process.arch, name: hostname() },
    signal: stop.signal,
  };
  const exitCode = await runCommand(process.argv.slice(2), context);
  await setImmediate(); // a failed write to stdout is told of only now
  if (exitCode === 0 && lost?.code === "stdout_unwritable") printProblem(terminal, lost, { isDebug: false });
  if (stop.signal.aborted) leave(terminal, lost ? 1 : exitCode); // nobody waits for what is still being loaded
  end(terminal, exitCode);
}

/** How long what is still open after a command may keep the process. */
const END_LIMIT_MS = 100;

/**
 * Lets the process end by itself. `process.exit` waits for V8's compiler threads without letting them have the garbage
 * collection that they may wait for: now and then a process never ended after a large context (nodejs/node#54918).
 */
function end(terminal: Terminal, exitCode: number): void {
  process.exitCode = exitCode;
  showCursor(terminal);
  setTimeout(() => leave(terminal, exitCode), END_LIMIT_MS).unref();
}

/** Ends the process at once, with a terminal that can be used again. */
function leave(terminal: Terminal, exitCode: number): never {
  showCursor(terminal);
  process.exit(exitCode);
}

function showCursor({ stderr }: Terminal): void {
  if (stderr.isTTY) stderr.write(SHOW_CURSOR);
}

void main();
