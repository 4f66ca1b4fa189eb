import { dirname, join } from "node:path";
import { messageOf, readFileAtOnce as readFile, systemCodeOf } from "@opendepot/base";
import { type Environment, variable } from "../cli-context.ts";
import { configInvalid, projectMissing } from "../problems.ts";
import { parseFlatYaml } from "./flat-yaml.ts";

/** Where a project id may come from. */
export interface ProjectSources {
  /** `--project` */
  readonly flag?: string | undefined;
  readonly environment: Environment;
  /** Folders, absolute, from which `depot.json`, `depot.yml` and `depot.yaml` are searched upwards. */
  readonly folders: readonly string[];
}

/** A project and who named it. */
export interface ResolvedProject {
  readonly id: string;
  /** Set when several files name different projects; the last one wins. */
  readonly warning?: string | undefined;
}

/** A file that names a project. */
export interface ProjectFile {
  readonly path: string;
  readonly id: string;
}

const FILE_NAMES = ["depot.json", "depot.yml", "depot.yaml"] as const;

/**
 * The project in the hosted product's order: `--project`, `DEPOT_PROJECT_ID`, the nearest project file upwards.
 *
 * @throws {Problem} `project_missing`, `config_invalid`
 */
export async function resolveProject(sources: ProjectSources): Promise<ResolvedProject> {
  const project = await findProject(sources);
  if (!project) throw projectMissing();
  return project;
}

/**
 * Like {@link resolveProject}, undefined when nothing names a project.
 *
 * @throws {Problem} `config_invalid`
 */
export async function findProject(sources: ProjectSources): Promise<ResolvedProject | undefined> {
  const named = (sources.flag || undefined) ?? variable(sources.environment, "DEPOT_PROJECT_ID");
  if (named !== undefined) return { id: named };
  const found = await Promise.all([...new Set(sources.folders)].map(findProjectFile));
  const files = found.filter((file) => file !== undefined);
  const chosen = files.at(-1);
  if (!chosen) return undefined;
  if (new Set(files.map((file) => file.id)).size === 1) return { id: chosen.id };
  const list = files.map((file) => `${file.path} (${file.id})`).join(", ");
  return { id: chosen.id, warning: `several projects are named: ${list}; using ${chosen.id}` };
}

/**
 * The nearest project file in `folder` or above it.
 *
 * @throws {Problem} `config_invalid`
 */
export async function findProjectFile(folder: string): Promise<ProjectFile | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of FILE_NAMES) {
      const file = await readProjectFile(join(at, name));
      if (file) return file;
    }
    if (dirname(at) === at) return undefined;
  }
}

async function readProjectFile(path: string): Promise<ProjectFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemCodeOf(cause) ?? "")) return undefined;
    throw configInvalid(path, messageOf(cause), cause);
  }
  const id = path.endsWith(".json") ? idOfJson(path, text) : idOfYaml(text);
  if (id === undefined || id === "") throw configInvalid(path, 'it has no "id"');
  return { path, id };
}

function idOfJson(path: string, text: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    const id = typeof json === "object" && json !== null && "id" in json ? json.id : undefined;
    return typeof id === "string" ? id : undefined;
  } catch (cause) {
    throw configInvalid(path, messageOf(cause), cause);
  }
}

function idOfYaml(text: string): string | undefined {
  return parseFlatYaml(text).find((line) => line.key === "id")?.value;
}
