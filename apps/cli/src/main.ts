import { homedir, hostname } from "node:os";
import { systemCodeOf } from "@opendepot/base";
import type { CliContext } from "./cli-context.ts";
import { stdoutClosed } from "./problems.ts";
import { listenForSignals } from "./process-signals.ts";
import { runCommand } from "./run-command.ts";
import { printProblem } from "./terminal/print-problem.ts";
import { createTerminal, type Terminal } from "./terminal/terminal.ts";

const SHOW_CURSOR = "\x1b[?25h";

/** The command `depot`: the one place that looks at the process and ends it. */
export async function main(): Promise<never> {
  const terminal = createTerminal(process.stdout, process.stderr);
  const stop = listenForSignals(process, () => leave(terminal, 1));
  process.stdout.on("error", (error) => {
    if (systemCodeOf(error) === "EPIPE") stop.abort(stdoutClosed());
    else throw error;
  });
  process.stderr.on("error", () => undefined); // nobody is left to be told
  process.on("uncaughtException", (error) => {
    printProblem(terminal, error, { isDebug: true });
    leave(terminal, 1);
  });
  const context: CliContext = {
    terminal,
    environment: { ...process.env },
    cwd: process.cwd(),
    home: homedir(),
    host: { platform: process.platform, arch: process.arch, name: hostname() },
    signal: stop.signal,
  };
  return leave(terminal, await runCommand(process.argv.slice(2), context));
}

/** Ends the process at once, with a terminal that can be used again. */
function leave({ stderr }: Terminal, exitCode: number): never {
  if (stderr.isTTY) stderr.write(SHOW_CURSOR);
  process.exit(exitCode);
}

void main();
