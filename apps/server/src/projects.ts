import type { Clock } from "@opendepot/base";
import type { BuilderPool } from "./builders/pool.ts";
import { type FinishDeps, finishBuild } from "./builds/finish.ts";
import { newShortId } from "./ids.ts";
import { argumentInvalid, projectNotFound } from "./problems.ts";
import type { ProjectImages } from "./registry/project-images.ts";
import type { BuildStore } from "./store/builds.ts";
import type { ImageRetention, Project, ProjectSettings, ProjectStore } from "./store/projects.ts";

/** What managing projects takes. */
export interface ProjectDeps {
  readonly projects: ProjectStore;
  readonly builds: Pick<BuildStore, "listOpen">;
  readonly pool: Pick<BuilderPool, "reset">;
  readonly finish: FinishDeps;
  readonly images: Pick<ProjectImages, "changeRetention" | "deleteAll">;
  readonly clock: Clock;
}

/** What may be said of a project; what is left out keeps its value, or gets its default. */
export interface ProjectChanges {
  readonly name?: string | undefined;
  readonly region?: string | undefined;
  readonly hardware?: number | undefined;
  readonly keepBytes?: number | undefined;
  /** 0: no limit of age. */
  readonly keepDays?: number | undefined;
  /** How long saved images are kept. */
  readonly imageRetention?: ImageRetention | undefined;
}

const DEFAULTS: Omit<ProjectSettings, "name"> = {
  region: "local",
  hardware: 1,
  cachePolicy: { keepBytes: 50_000_000_000, keepDays: 14 },
  imageRetention: { keepDays: 7, keepCount: 0 },
};

const MAX_NAME = 200;
/** Less would not hold one base image. */
const MIN_KEEP_BYTES = 100_000_000;
const MAX_KEEP_DAYS = 3650;
const MAX_KEEP_COUNT = 100_000;

/**
 * Creates a project with a new id.
 *
 * @throws {Problem} `argument_invalid`
 */
export async function createProject(
  deps: Pick<ProjectDeps, "projects" | "clock">,
  organizationId: string,
  changes: ProjectChanges,
): Promise<Project> {
  const settings = apply({ ...DEFAULTS, name: "" }, changes);
  const id = newShortId();
  await deps.projects.insert({ id, organizationId, settings, now: deps.clock.now() });
  return reread(deps, id);
}

/**
 * Changes what is given. A new cache policy holds from the builder's next start on.
 *
 * @throws {Problem} `argument_invalid`, `project_not_found` when it was deleted meanwhile
 */
export async function updateProject(deps: ProjectDeps, project: Project, changes: ProjectChanges): Promise<Project> {
  if (!(await deps.projects.update(project.id, apply(project, changes)))) throw projectNotFound(project.id);
  const changed = await reread(deps, project.id);
  if (changes.imageRetention !== undefined) await deps.images.changeRetention(changed);
  return changed;
}

/** Cancels the project's builds, empties its caches and removes it with all that belongs to it. */
export async function deleteProject(deps: ProjectDeps, project: Project): Promise<void> {
  for (const buildId of await deps.builds.listOpen(project.id)) {
    await finishBuild(deps.finish, buildId, { state: "canceled", by: "server", reason: "its project was deleted" });
  }
  await deps.pool.reset(project.id);
  await deps.projects.delete(project.id);
  await deps.images.deleteAll(project.id);
}

async function reread(deps: Pick<ProjectDeps, "projects">, id: string): Promise<Project> {
  const project = await deps.projects.find(id);
  if (!project) throw projectNotFound(id);
  return project;
}

function apply(current: ProjectSettings, changes: ProjectChanges): ProjectSettings {
  const { keepBytes, keepDays } = { ...current.cachePolicy, ...defined(changes) };
  const settings: ProjectSettings = {
    name: (changes.name ?? current.name).trim(),
    region: changes.region ?? current.region,
    hardware: changes.hardware || current.hardware,
    cachePolicy: { keepBytes, keepDays },
    imageRetention: changes.imageRetention ?? current.imageRetention,
  };
  check(settings);
  return settings;
}

function defined(changes: ProjectChanges): { keepBytes?: number; keepDays?: number } {
  return {
    ...(changes.keepBytes === undefined ? {} : { keepBytes: changes.keepBytes }),
    ...(changes.keepDays === undefined ? {} : { keepDays: changes.keepDays }),
  };
}

function check({ name, region, cachePolicy: { keepBytes, keepDays }, imageRetention }: ProjectSettings): void {
  if (name === "" || name.length > MAX_NAME || !isPrintable(name)) {
    throw argumentInvalid(
      `not a project name: ${JSON.stringify(name.slice(0, 50))}`,
      `use 1 to ${MAX_NAME} characters`,
    );
  }
  if (!/^[\w.-]{1,100}$/.test(region)) throw argumentInvalid(`not a region: ${JSON.stringify(region.slice(0, 50))}`);
  if (!(keepBytes >= MIN_KEEP_BYTES && Number.isSafeInteger(keepBytes))) {
    throw argumentInvalid(`a cache cannot keep ${keepBytes} bytes`, `let it keep ${MIN_KEEP_BYTES} or more`);
  }
  if (!(keepDays >= 0 && keepDays <= MAX_KEEP_DAYS)) {
    throw argumentInvalid(`a cache cannot keep ${keepDays} days`, `0 means for ever, ${MAX_KEEP_DAYS} is the most`);
  }
  checkRetention(imageRetention);
}

function checkRetention({ keepDays, keepCount }: ImageRetention): void {
  if (!(keepDays >= 0 && keepDays <= MAX_KEEP_DAYS)) {
    throw argumentInvalid(`images cannot be kept ${keepDays} days`, `0 means for ever, ${MAX_KEEP_DAYS} is the most`);
  }
  if (!(keepCount >= 0 && keepCount <= MAX_KEEP_COUNT)) {
    throw argumentInvalid(
      `the newest ${keepCount} images cannot be kept`,
      `0 means all, ${MAX_KEEP_COUNT} is the most`,
    );
  }
  if (keepDays > 0 && keepCount > 0) {
    throw argumentInvalid("images are kept by their age or by their number, not by both", "set one of them to 0");
  }
}

/** Names appear in terminals: no control characters. */
function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}
