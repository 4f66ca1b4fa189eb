import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ProjectApi } from "@opendepot/api";
import { messageOf, Problem, systemCodeOf } from "@opendepot/base";
import type { Command, Invocation } from "@opendepot/command";
import { type CliContext, variable } from "../cli-context.ts";
import { type CliProblemCode, configUnwritable, fileExists, projectMissing } from "../problems.ts";
import { openServer, type Server } from "../server.ts";
import { findProjectFile } from "../settings/project.ts";
import { ask } from "../terminal/confirm.ts";
import { unknownProject } from "../unknown-project.ts";
import { projectFlag, tokenFlag } from "./common-flags.ts";

/** `depot init` */
export const initCommand: Command<CliContext> = {
  name: "init",
  summary: "Create a depot.json that names the folder's project",
  description:
    "Writes depot.json into DIR (default: this folder), so that builds in it and\n" +
    "below need no --project. Without --project the only project there is gets\n" +
    "taken, or you are asked which.",
  operands: "[DIR]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "Choose from the projects there are", line: "depot init" },
    { summary: "For a script", line: "depot init --project PROJECT-ID" },
  ],
  flags: [projectFlag, { name: "force", kind: "switch", summary: "Overwrite an existing depot.json" }, tokenFlag],
  run: runInit,
};

async function runInit(invocation: Invocation, context: CliContext): Promise<number> {
  const folder = resolve(context.cwd, invocation.operands[0] ?? ".");
  const path = join(folder, "depot.json");
  const existing = await existingFile(folder, invocation.switch("force"));
  if (existing !== undefined) throw fileExists(existing);
  await using server = await openServer(context, invocation.text("token"));
  const id = await chooseProject(invocation, context, server);
  await writeProject(path, id, invocation.switch("force"));
  context.terminal.note(`project ${id} written to ${path}`);
  return 0;
}

/** A project file of the same folder; one further up is simply shadowed. */
async function existingFile(folder: string, isForced: boolean): Promise<string | undefined> {
  if (isForced) return undefined;
  const file = await findProjectFile(folder);
  return file && resolve(file.path, "..") === folder ? file.path : undefined;
}

async function chooseProject(invocation: Invocation, context: CliContext, server: Server): Promise<string> {
  const { projects = [] } = await server.api.call(ProjectApi.listProjects, {}, { signal: context.signal });
  const named = invocation.text("project") ?? variable(context.environment, "DEPOT_PROJECT_ID");
  if (named !== undefined) {
    if (projects.some((project) => project.id === named)) return named;
    throw unknownProject(named, projects);
  }
  const [only] = projects;
  if (projects.length === 1 && only?.id) return only.id;
  if (projects.length === 0) throw projectMissing();
  for (const project of projects)
    context.terminal.note(`  ${project.id}  ${project.name ?? ""} (${project.orgName ?? ""})`);
  const answer = (await ask("Project ID: ", context))?.trim();
  if (!answer) throw projectMissing(projects);
  if (!projects.some((project) => project.id === answer)) throw unknownProject(answer, projects);
  return answer;
}

async function writeProject(path: string, id: string, isForced: boolean): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify({ id }, null, 2)}\n`, { mode: 0o644, flag: isForced ? "w" : "wx" });
  } catch (cause) {
    if (systemCodeOf(cause) === "EEXIST") throw fileExists(path);
    throw systemCodeOf(cause) === "ENOENT" ? folderMissing(path, cause) : configUnwritable(path, cause);
  }
}

function folderMissing(path: string, cause: unknown): Problem<CliProblemCode> {
  return new Problem("config_unwritable", `cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: "give an existing folder",
  });
}
