import { BuildApi, ProjectApi } from "@opendepot/api";
import type { Command, Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { openServer } from "../server.ts";
import { resolveProject } from "../settings/project.ts";
import type { Column } from "../terminal/table.ts";
import { listOutputFlag, printList, projectFlag, resolveListFormat, tokenFlag } from "./common-flags.ts";

/** `depot list projects`; `depot projects list` is the same. */
export const listProjectsCommand: Command<CliContext> = {
  name: "projects",
  aliases: ["p"],
  summary: "List the projects that you can access",
  examples: [
    { summary: "All projects, as a table", line: "depot list projects" },
    { summary: "For a script", line: "depot list projects --output json" },
  ],
  flags: [listOutputFlag, tokenFlag],
  run: runListProjects,
};

const listBuildsCommand: Command<CliContext> = {
  name: "builds",
  aliases: ["b"],
  summary: "List the builds of a project, newest first",
  examples: [
    { summary: "Builds of the project in this folder", line: "depot list builds" },
    { summary: "For a script", line: "depot list builds --project ID --output csv" },
  ],
  flags: [listOutputFlag, projectFlag, tokenFlag],
  run: runListBuilds,
};

/** `depot list` */
export const listCommand: Command<CliContext> = {
  name: "list",
  aliases: ["ls"],
  summary: "Display project and build information",
  subcommands: [listProjectsCommand, listBuildsCommand],
};

type ProjectRow = NonNullable<NonNullable<(typeof ProjectApi.listProjects)["response"]>["projects"]>[number];
type BuildRow = NonNullable<NonNullable<(typeof BuildApi.listBuilds)["response"]>["builds"]>[number];

const projectColumns: readonly Column<ProjectRow>[] = [
  { title: "Project ID", key: "id", value: (project) => project.id ?? "" },
  { title: "Name", key: "name", value: (project) => project.name ?? "" },
  { title: "Organization ID", key: "orgId", value: (project) => project.orgId ?? "" },
  { title: "Organization Name", key: "orgName", value: (project) => project.orgName ?? "" },
];

/** Of a list of builds. */
export const buildColumns: readonly Column<BuildRow>[] = [
  { title: "Build ID", key: "id", value: (build) => build.id ?? "" },
  { title: "Status", key: "status", value: (build) => statusOf(build) },
  { title: "Start Time", key: "startTime", value: (build) => build.createdAt ?? "" },
  { title: "Duration (s)", key: "durationSeconds", value: (build) => durationOf(build) },
];

/** Runs `depot list projects`. */
export async function runListProjects(invocation: Invocation, context: CliContext): Promise<number> {
  const format = resolveListFormat(invocation, context);
  await using server = await openServer(context, invocation.text("token"));
  const { projects = [] } = await server.api.call(ProjectApi.listProjects, {}, { signal: context.signal });
  const none = "no projects yet: create one with depot projects create NAME";
  printList(context, format, { rows: projects, columns: projectColumns, none });
  return 0;
}

async function runListBuilds(invocation: Invocation, context: CliContext): Promise<number> {
  const format = resolveListFormat(invocation, context);
  const { environment, cwd } = context;
  const project = await resolveProject({ flag: invocation.text("project"), environment, folders: [cwd] });
  await using server = await openServer(context, invocation.text("token"));
  const request = { projectId: project.id, pageSize: 100 };
  const { builds = [] } = await server.api.call(BuildApi.listBuilds, request, { signal: context.signal });
  printList(context, format, { rows: builds, columns: buildColumns, none: `project ${project.id} has no builds yet` });
  return 0;
}

function statusOf(build: BuildRow): string {
  return String(build.status ?? "unknown")
    .replace(/^BUILD_STATUS_/, "")
    .toLowerCase();
}

function durationOf(build: BuildRow): string {
  if (build.createdAt === undefined || build.finishedAt === undefined) return "";
  return ((Date.parse(build.finishedAt) - Date.parse(build.createdAt)) / 1000).toFixed(1);
}
