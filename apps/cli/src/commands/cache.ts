import { resolve } from "node:path";
import { ProjectApi } from "@opendepot/api";
import type { Command, Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { openServer } from "../server.ts";
import { resolveProject } from "../settings/project.ts";
import { projectFlag, tokenFlag } from "./common-flags.ts";

/** Stopping engines and emptying their caches may take a while. */
const RESET_TIMEOUT_MS = 120_000;

const resetCommand: Command<CliContext> = {
  name: "reset",
  summary: "Reset the cache of a project",
  description:
    "Empties the build cache of a project on all its builders: the next build runs\n" +
    "every step anew. The project is that of DIR (default: this folder) unless\n" +
    "--project names one.",
  operands: "[DIR]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "The project of this folder", line: "depot cache reset" },
    { summary: "Another project", line: "depot cache reset --project PROJECT-ID" },
  ],
  flags: [projectFlag, tokenFlag],
  run: runReset,
};

/** `depot cache` */
export const cacheCommand: Command<CliContext> = {
  name: "cache",
  summary: "Operations on a project's cache",
  subcommands: [resetCommand],
};

async function runReset(invocation: Invocation, context: CliContext): Promise<number> {
  const { environment, cwd, signal, terminal } = context;
  const folders = [resolve(cwd, invocation.operands[0] ?? ".")];
  const project = await resolveProject({ flag: invocation.text("project"), environment, folders });
  await using server = await openServer(context, invocation.text("token"));
  const options = { signal, timeoutMs: RESET_TIMEOUT_MS };
  const { name = "", orgName = "" } = await server.api.call(
    ProjectApi.resetProjectCache,
    { projectId: project.id },
    options,
  );
  terminal.note(`cache reset for project ${name || project.id}${orgName && ` in organization ${orgName}`}`);
  return 0;
}
