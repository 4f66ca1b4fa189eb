import { abortable } from "@opendepot/base";
import type { CliContext } from "../cli-context.ts";

/** Asks a yes-or-no question on stderr; undefined where there is no terminal to ask on. */
export async function confirm(question: string, context: CliContext): Promise<boolean | undefined> {
  const answer = await ask(`${question} [y/N] `, context);
  return answer === undefined ? undefined : /^y(?:es)?$/i.test(answer.trim());
}

/** Asks for a line on stderr; undefined where there is no terminal to ask on or the input ends. */
export async function ask(question: string, { terminal, signal }: CliContext): Promise<string | undefined> {
  if (!process.stdin.isTTY || !terminal.stderr.isTTY) return undefined;
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: terminal.stderr });
  const closed = Promise.withResolvers<undefined>();
  // Ctrl-C in raw mode arrives here and not as a signal.
  lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  lines.once("close", () => closed.resolve(undefined));
  try {
    return await abortable(Promise.race([lines.question(question, { signal }), closed.promise]), signal);
  } finally {
    lines.close();
  }
}
