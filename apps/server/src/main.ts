import { homedir } from "node:os";
import { isProblem, messageOf } from "@opendepot/base";
import { parseCommandLine, renderHelp } from "@opendepot/command";
import type { ServerContext } from "./commands/context.ts";
import { rootCommand } from "./commands/root.ts";
import { VERSION } from "./version.ts";

const argv = process.argv.slice(2);
const stopping = new AbortController();
const forced = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (stopping.signal.aborted) forced.abort(new Error(`stopped by a second ${name}`));
    stopping.abort(new Error(`stopped by ${name}`));
  });
}

const context: ServerContext = {
  around: { env: process.env, cwd: process.cwd(), homeDir: homedir(), isRoot: process.getuid?.() === 0 },
  path: process.env["PATH"] ?? "",
  program: { node: process.execPath, main: import.meta.filename },
  out: (text) => process.stdout.write(text),
  stdin: () => process.stdin,
  isTerminal: process.stdout.isTTY === true,
  err: (text) => process.stderr.write(text),
  stopping: stopping.signal,
  forced: forced.signal,
};

process.exitCode = await run();

async function run(): Promise<number> {
  try {
    if (argv[0] === "--version" || argv[0] === "version") {
      context.out(`depot-server ${VERSION}\n`);
      return 0;
    }
    const { command, path, invocation, wantsHelp } = parseCommandLine(rootCommand, argv);
    if (wantsHelp || !command.run) {
      context.out(renderHelp(command, path, process.stdout.columns ?? 80));
      return 0;
    }
    return await command.run(invocation, context);
  } catch (error) {
    if (isProblem(error)) {
      context.err(`error: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ""}`);
      return 1;
    }
    // Told to stop while it was starting: what it reports is our own reason.
    if (stopping.signal.aborted) return 130;
    context.err(`error: ${messageOf(error)}\n${error instanceof Error ? `${error.stack}\n` : ""}`);
    return 1;
  }
}
