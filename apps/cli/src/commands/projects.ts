import { ProjectApi, type ProjectJson } from "@opendepot/api";
import type { Command, Flag, Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { confirmationMissing, flagConflict, flagValueInvalid } from "../problems.ts";
import { openServer } from "../server.ts";
import { resolveProject } from "../settings/project.ts";
import { confirm } from "../terminal/confirm.ts";
import { tokenFlag } from "./common-flags.ts";
import { listProjectsCommand } from "./list.ts";

const projectIdFlag: Flag = { name: "project-id", short: "p", kind: "text", summary: "Depot project ID" };
const jsonFlag: Flag = { name: "output", short: "o", kind: "text", summary: "Output format (json)" };
const storageFlag: Flag = {
  name: "cache-storage-policy",
  kind: "text",
  placeholder: "int",
  summary: "Build cache to keep per architecture in GB",
};
const keepDaysFlag: Flag = {
  name: "cache-policy-keep-days",
  kind: "text",
  placeholder: "int",
  summary: "Build cache retention in days (0 means no limit)",
};
const imageDaysFlag: Flag = {
  name: "image-keep-days",
  kind: "text",
  placeholder: "int",
  summary: "Keep saved images for so many days (0 means for ever; default 7)",
};
const imageCountFlag: Flag = {
  name: "image-keep-count",
  kind: "text",
  placeholder: "int",
  summary: "Keep so many of the newest saved images instead, however old",
};
const regionFlag: Flag = { name: "region", kind: "text", summary: "Region that the build data is stored in" };

const DEFAULT_REGION = "us-east-1";

const createCommand: Command<CliContext> = {
  name: "create",
  aliases: ["c"],
  summary: "Create a project",
  operands: "NAME",
  operandCount: { min: 1, max: 1 },
  examples: [
    { summary: "A project with a cache of 50 GB per architecture", line: "depot projects create my-app" },
    {
      summary: "A larger cache, kept for 30 days",
      line: "depot projects create my-app --cache-storage-policy 200 --cache-policy-keep-days 30",
    },
  ],
  flags: [
    { name: "organization", short: "o", kind: "text", summary: "Depot organization ID" },
    { ...regionFlag, default: DEFAULT_REGION },
    { ...storageFlag, default: "50" },
    { ...keepDaysFlag, default: "14" },
    imageDaysFlag,
    imageCountFlag,
    tokenFlag,
  ],
  run: runCreate,
};

const getCommand: Command<CliContext> = {
  name: "get",
  summary: "Show a project's details and configuration",
  description:
    "Shows the details and configuration of a project: the one named, else that of\n" +
    "DEPOT_PROJECT_ID or of depot.json.",
  operands: "[PROJECT-ID]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "The project of this folder", line: "depot projects get" },
    { summary: "Another one, for a script", line: "depot projects get PROJECT-ID --output json" },
  ],
  flags: [projectIdFlag, jsonFlag, tokenFlag],
  run: runGet,
};

const updateCommand: Command<CliContext> = {
  name: "update",
  summary: "Change a project's name, region, cache policy or image retention",
  description:
    "Changes only what is given as a flag. Without an ID it is the project of\n" + "DEPOT_PROJECT_ID or of depot.json.",
  operands: "[PROJECT-ID]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "Rename the project of this folder", line: 'depot projects update --name "New name"' },
    { summary: "A larger cache", line: "depot projects update PROJECT-ID --cache-storage-policy 200" },
    { summary: "Keep saved images for a month", line: "depot projects update PROJECT-ID --image-keep-days 30" },
  ],
  flags: [
    { name: "name", kind: "text", summary: "Project name" },
    regionFlag,
    storageFlag,
    imageDaysFlag,
    imageCountFlag,
    projectIdFlag,
    jsonFlag,
    tokenFlag,
  ],
  run: runUpdate,
};

const deleteCommand: Command<CliContext> = {
  name: "delete",
  aliases: ["d"],
  summary: "Delete a project with its cache and builds",
  examples: [{ summary: "Without being asked", line: "depot projects delete --project-id PROJECT-ID --yes" }],
  flags: [
    projectIdFlag,
    { name: "yes", short: "y", kind: "switch", summary: "Confirm deletion" },
    { ...tokenFlag, short: "t" },
  ],
  run: runDelete,
};

/** `depot projects` */
export const projectsCommand: Command<CliContext> = {
  name: "projects",
  aliases: ["p"],
  summary: "Create or display projects",
  subcommands: [
    createCommand,
    { ...listProjectsCommand, name: "list", aliases: ["ls"] },
    getCommand,
    updateCommand,
    deleteCommand,
  ],
};

async function runCreate(invocation: Invocation, context: CliContext): Promise<number> {
  const [name = ""] = invocation.operands;
  const keepGb = wholeNumber(invocation, "cache-storage-policy") ?? 50;
  const keepDays = wholeNumber(invocation, "cache-policy-keep-days") ?? 14;
  await using server = await openServer(context, invocation.text("token"));
  const organizationId = invocation.text("organization") ?? server.stored.org_id;
  const request = {
    name,
    ...(organizationId && { organizationId }),
    regionId: invocation.text("region") ?? DEFAULT_REGION,
    cachePolicy: { keepGb, keepDays },
    ...imageRetention(invocation),
  };
  const { project } = await server.api.call(ProjectApi.createProject, request, { signal: context.signal });
  context.terminal.print(describeProject(project ?? {}));
  return 0;
}

async function runGet(invocation: Invocation, context: CliContext): Promise<number> {
  const isJson = wantsJson(invocation);
  const projectId = await resolveProjectId(invocation, context);
  await using server = await openServer(context, invocation.text("token"));
  const { project } = await server.api.call(ProjectApi.getProject, { projectId }, { signal: context.signal });
  context.terminal.print(isJson ? projectJson(project ?? {}) : describeProject(project ?? {}));
  return 0;
}

async function runUpdate(invocation: Invocation, context: CliContext): Promise<number> {
  const isJson = wantsJson(invocation);
  const keepGb = wholeNumber(invocation, "cache-storage-policy");
  const retention = imageRetention(invocation);
  const [name, regionId] = [invocation.text("name"), invocation.text("region")];
  if ([name, regionId, keepGb, retention.imageRetention].every((value) => value === undefined)) {
    throw flagConflict("nothing to change", "give at least one of the flags that say what, such as --name");
  }
  const projectId = await resolveProjectId(invocation, context);
  await using server = await openServer(context, invocation.text("token"));
  const { signal } = context;
  const cachePolicy =
    keepGb === undefined ? undefined : { keepGb, keepDays: await keepDaysOf(server.api, projectId, signal) };
  const request = {
    projectId,
    ...(name && { name }),
    ...(regionId && { regionId }),
    ...(cachePolicy && { cachePolicy }),
    ...retention,
  };
  const { project } = await server.api.call(ProjectApi.updateProject, request, { signal });
  context.terminal.print(isJson ? projectJson(project ?? {}) : describeProject(project ?? {}));
  return 0;
}

type Api = Awaited<ReturnType<typeof openServer>>["api"];

/** Size and age travel together, so the age that is not asked for is sent as it is. */
async function keepDaysOf(api: Api, projectId: string, signal: AbortSignal): Promise<number> {
  const { project } = await api.call(ProjectApi.getProject, { projectId }, { signal });
  return Number(project?.cachePolicy?.keepDays ?? 0);
}

/** Images are kept by their age or by their number: one given takes the place of the other. */
function imageRetention(invocation: Invocation): { imageRetention?: { keepDays: number; keepCount: number } } {
  const [days, count] = ["image-keep-days", "image-keep-count"].map((name) => wholeNumber(invocation, name));
  if (days === undefined && count === undefined) return {};
  return { imageRetention: { keepDays: days ?? 0, keepCount: count ?? 0 } };
}

async function runDelete(invocation: Invocation, context: CliContext): Promise<number> {
  const projectId = await resolveProjectId(invocation, context);
  await using server = await openServer(context, invocation.text("token"));
  const { signal, terminal } = context;
  const { project } = await server.api.call(ProjectApi.getProject, { projectId }, { signal });
  if (!invocation.switch("yes")) {
    const question = `Delete project ${project?.name ?? ""} (${projectId}) with its cache and builds?`;
    const isSure = await confirm(question, context);
    if (isSure === undefined) throw confirmationMissing("depot projects delete");
    if (!isSure) {
      terminal.note("nothing was deleted");
      return 1;
    }
  }
  await server.api.call(ProjectApi.deleteProject, { projectId }, { signal });
  terminal.note(`project ${projectId} deleted`);
  return 0;
}

async function resolveProjectId(invocation: Invocation, { environment, cwd }: CliContext): Promise<string> {
  const flag = invocation.operands[0] ?? invocation.text("project-id");
  return (await resolveProject({ flag, environment, folders: [cwd] })).id;
}

function wholeNumber(invocation: Invocation, name: string): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw flagValueInvalid(`--${name}`, text, "it is no whole number", "write digits only");
  return Number(text);
}

function wantsJson(invocation: Invocation): boolean {
  const format = invocation.text("output") || undefined;
  if (format !== undefined && format !== "json")
    throw flagValueInvalid("--output", format, "there is no such format", "use json");
  return format === "json";
}

function projectJson(project: ProjectJson): string {
  return `${JSON.stringify(project, null, 2)}\n`;
}

function describeProject(project: ProjectJson): string {
  const keepDays = Number(project.cachePolicy?.keepDays ?? 0);
  const { keepDays: imageDays = 0, keepCount = 0 } = project.imageRetention ?? {};
  const age = (days: number): string => (days === 0 ? "no limit of age" : `${days} days`);
  const lines = [
    ["Project ID", project.projectId],
    ["Name", project.name],
    ["Organization ID", project.organizationId],
    ["Region", project.regionId],
    ["Created", project.createdAt],
    ["Cache", `${keepGbOf(project)} GB per architecture, ${age(keepDays)}`],
    ["Saved images", keepCount === 0 ? age(imageDays) : `the newest ${keepCount}`],
  ];
  return lines.map(([title, value]) => `${`${title}:`.padEnd(17)}${value ?? ""}\n`).join("");
}

/** Older servers say bytes, younger ones gigabytes. */
function keepGbOf(project: ProjectJson): number {
  const { keepGb, keepBytes } = project.cachePolicy ?? {};
  return keepGb ?? Math.round(Number(keepBytes ?? 0) / 1e9);
}
