import {
  type BakeDefinition,
  type BakeWords,
  expandShorthands,
  isEnvironmentUsed,
  listTargets,
  listVariables,
  prepareTargets,
  printDefinition,
  type ResolvedTargets,
  readListRequest,
  readPrivileges,
  resolveTargets,
  splitWords,
} from "@opendepot/bake";
import { messageOf } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import { checkFlagSupport } from "../build/flag-support.ts";
import type { CliContext } from "../cli-context.ts";
import { flagConflict } from "../problems.ts";
import { bakeFlags } from "./flags.ts";
import { createHostChecks } from "./host.ts";
import { readDefinition } from "./read-definition.ts";
import type { RemoteDefinition, RemoteOpening } from "./remote-definition.ts";

/** Runs `depot bake`: reads and resolves what was asked for, then shows or builds it. */
export async function runBakeCommand(invocation: Invocation, context: CliContext): Promise<number> {
  for (const warning of checkFlagSupport(invocation, bakeFlags)) context.terminal.warn(warning);
  if (invocation.switch("print") && invocation.text("list"))
    throw flagConflict("--print and --list are mutually exclusive");
  readPrivileges(invocation.list("allow"));
  const words = splitWords(invocation.operands);
  await using cleanup = new AsyncDisposableStack();
  const remote = words.url === undefined ? undefined : await openRemote(words, { invocation, context, cleanup });
  try {
    const exitCode = await showOrBuild({ invocation, context, words, remote });
    await remote?.lease.finish({ kind: "success" }, FINISH_LIMIT_MS);
    return exitCode;
  } catch (error) {
    // A build that began has told of its own end, and one that is interrupted ends as canceled.
    if (!context.signal.aborted)
      await remote?.lease.finish({ kind: "error", message: messageOf(error) }, FINISH_LIMIT_MS);
    throw error;
  }
}

interface Asked {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly words: BakeWords;
  readonly remote: RemoteDefinition | undefined;
}

async function showOrBuild(asked: Asked): Promise<number> {
  const { invocation, context, words, remote } = asked;
  const definition = await readDefinition(invocation, { context, words, remoteFiles: remote?.files });
  const list = invocation.text("list");
  if (list) {
    tellList(list, definition, context);
    return 0;
  }
  const { groups, targets, grants } = resolve(definition, asked);
  const prepared = await prepareTargets(targets, createHostChecks(context), remote?.input);
  if (invocation.switch("print")) {
    context.terminal.print(printDefinition({ groups, targets: prepared }));
    return 0;
  }
  const { runBake } = await import("./run-bake.ts");
  return await runBake({
    written: targets,
    targets: prepared,
    images: definition.images,
    grants,
    remote,
    invocation,
    context,
  });
}

/** How long telling the server of the end of a build may take that got no further than its definition. */
const FINISH_LIMIT_MS = 15_000;

async function openRemote(words: BakeWords, opening: RemoteOpening): Promise<RemoteDefinition | undefined> {
  const { openRemoteDefinition } = await import("./remote-definition.ts");
  return await openRemoteDefinition(words, opening);
}

function tellList(text: string, definition: BakeDefinition, { terminal }: CliContext): void {
  const { type, format } = readListRequest(text);
  terminal.print(type === "targets" ? listTargets(definition, format) : listVariables(definition.variables, format));
}

function resolve(definition: BakeDefinition, { invocation, context, words }: Asked): ResolvedTargets {
  const shorthands = expandShorthands({
    push: invocation.switch("push"),
    load: invocation.switch("load"),
    noCache: invocation.has("no-cache") ? invocation.switch("no-cache") : undefined,
    pull: invocation.has("pull") ? invocation.switch("pull") : undefined,
    sbom: invocation.text("sbom"),
    provenance: invocation.text("provenance"),
    call: invocation.switch("check") ? "check" : invocation.text("call"),
  });
  const variable = (name: string): string | undefined => context.environment[name];
  return resolveTargets(definition, words.targets, {
    overrides: [...invocation.list("set"), ...shorthands.overrides],
    variable,
    isEnvironmentUsed: isEnvironmentUsed(variable),
    isPolicyDisabled: shorthands.isPolicyDisabled,
  });
}
