import { isProblem, messageOf } from "@opendepot/base";
import type { Terminal } from "./terminal.ts";

/** How much of an error is shown. */
export interface PrintOptions {
  /** Show stacks and causes too. */
  readonly isDebug: boolean;
  /** What stands before the message. Default: `error`; `ERROR` where scripts know docker's. */
  readonly label?: "error" | "ERROR";
}

/** Prints the lines of a file that are to blame, `error: …` and, where there is one, `hint: …` to stderr; bugs keep their stack. */
export function printProblem(terminal: Terminal, thrown: unknown, options: PrintOptions): void {
  const { isDebug, label = "error" } = options;
  const hint = isProblem(thrown) ? thrown.hint : undefined;
  const excerpt = isProblem(thrown) ? thrown.detail["excerpt"] : undefined;
  if (typeof excerpt === "string" && excerpt !== "") terminal.note(excerpt.trimEnd());
  terminal.note(`${terminal.style(["red", "bold"], `${label}:`)} ${messageOf(thrown)}`);
  if (hint !== undefined) terminal.note(`${terminal.style("cyan", "hint:")} ${hint}`);
  if (isDebug) printStacks(terminal, thrown);
}

function printStacks(terminal: Terminal, thrown: unknown): void {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    terminal.note(terminal.style("dim", `${depth === 0 ? "" : "caused by: "}${error.stack ?? error.message}`));
  }
}
