import { resolve } from "node:path";
import type { Call } from "@opendepot/buildflags";
import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { bakeMetadataText, writeResultFile } from "../run/build-result.ts";
import type { TargetResult } from "../run/run-target.ts";
import { isSavedBy } from "../run/saving.ts";
import { tellSaved } from "../run/tell-saved.ts";
import { tellUrl } from "../run/tell-url.ts";
import { printCall } from "../subrequest/print-call.ts";
import type { ProjectResults } from "./run-bake.ts";

/** What is told when all targets are built. */
export interface BakeTelling {
  readonly results: readonly ProjectResults[];
  /** For the metadata file. */
  readonly warnings: readonly object[];
  readonly invocation: Invocation;
  readonly context: CliContext;
  /** What the frontends were asked for all targets. */
  readonly call: Call | undefined;
  /** Whether nobody wants to be told more than what was asked for. */
  readonly isQuiet: boolean;
}

/** Writes and prints what was asked for about the results, then says where the builds can be seen; the exit code. */
export async function tellResults(telling: BakeTelling): Promise<number> {
  const { results, warnings, invocation, context, call, isQuiet } = telling;
  const metadata = invocation.text("metadata-file");
  if (metadata) await writeResultFile(resolve(context.cwd, metadata), bakeMetadataText(results, warnings));
  const exitCode = tellAnswers(
    results.flatMap((project) => project.results),
    { context, call },
  );
  for (const { lease, results: its } of results) {
    const targets = its.map(({ target }) => target).filter((target) => isSavedBy(lease, target));
    if (targets.length > 0) tellSaved({ lease, targets: targets.map(({ name }) => name), isQuiet }, context);
    tellUrl(lease, context);
  }
  return exitCode;
}

/** Prints the frontends' answers in the order of the targets' names: buildx commands/bake.go. */
function tellAnswers(
  results: readonly TargetResult[],
  { context, call }: Pick<BakeTelling, "context" | "call">,
): number {
  const answered = results
    .filter(({ answer }) => answer !== undefined)
    .sort((a, b) => (a.target.name < b.target.name ? -1 : 1));
  if (answered.length === 0) return 0;
  const { terminal } = context;
  if (call?.format === "json") return printJson(answered, context);
  let exitCode = 0;
  for (const [at, { answer, target }] of answered.entries()) {
    if (answer === undefined) continue;
    if (at > 0) terminal.print("\n\n");
    if (answered.length > 1) terminal.print(`${target.name}\n`);
    const printed = printCall(answer.result, { ...answer.call, format: call?.format ?? "" });
    terminal.print(printed.text);
    if (printed.error !== undefined) terminal.note(printed.error.trimEnd());
    exitCode ||= printed.exitCode;
  }
  return exitCode;
}

function printJson(answered: readonly TargetResult[], { terminal }: CliContext): number {
  const entries = answered.map(({ target, answer }) => [target.name, JSON.parse(answer?.result.json || "null")]);
  terminal.print(`${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
  return answered.find(({ answer }) => (answer?.result.statusCode ?? 0) !== 0)?.answer?.result.statusCode ?? 0;
}
