import { isProblem } from "@opendepot/base";
import { parseCommandLine, renderHelp } from "@opendepot/command";
import { type CliContext, isSwitchedOn } from "./cli-context.ts";
import { rootCommand } from "./commands/root.ts";
import { commandNotYet } from "./problems.ts";
import { printProblem } from "./terminal/print-problem.ts";

/** Commands of the hosted product that are not there yet. */
const LATER = new Set("configure-docker exec registry".split(" "));

/**
 * Runs a command line to its end. `--debug`, anywhere on it, is as good as `DEPOT_DEBUG=1`.
 *
 * @returns the exit code: 0 when all went well, 1 for everything else, as in the hosted product
 */
export async function runCommand(argv: readonly string[], context: CliContext): Promise<number> {
  const words = argv.filter((word) => word !== "--debug");
  const isDebug = words.length < argv.length || isSwitchedOn(context.environment, "DEPOT_DEBUG");
  const environment = isDebug ? { ...context.environment, DEPOT_DEBUG: "1" } : context.environment;
  try {
    return await dispatch(words, { ...context, environment, commandLine: argv });
  } catch (thrown) {
    const error: unknown = context.signal.aborted ? context.signal.reason : thrown;
    if (!isProblem(error, "stdout_closed"))
      printProblem(context.terminal, error, {
        isDebug: isDebug || !isProblem(error),
        label: words[0] === "bake" || words[0] === "f" ? "ERROR" : "error",
      });
    return 1;
  }
}

async function dispatch(argv: readonly string[], context: CliContext): Promise<number> {
  const [first = ""] = argv;
  if (LATER.has(first)) throw commandNotYet(first);
  const { command, path, invocation, wantsHelp } = parseCommandLine(rootCommand, argv);
  if (wantsHelp || command.run === undefined) {
    context.terminal.print(renderHelp(command, path, context.terminal.stdout.columns ?? 80));
    return 0;
  }
  return await command.run(invocation, context);
}
