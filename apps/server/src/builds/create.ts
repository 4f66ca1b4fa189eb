import type { Clock, Secret } from "@opendepot/base";
import { findProject, listProjects } from "../access/find.ts";
import type { Principal } from "../access/principal.ts";
import { createToken } from "../access/token.ts";
import { newLongId } from "../ids.ts";
import { projectNotGiven, serverDraining } from "../problems.ts";
import type { BuildStore, BuildTarget } from "../store/builds.ts";
import type { Project, ProjectStore } from "../store/projects.ts";

/** What creating a build takes. */
export interface CreateBuildDeps {
  readonly builds: Pick<BuildStore, "insert">;
  readonly projects: Pick<ProjectStore, "find" | "list">;
  readonly clock: Clock;
  /** Aborted when the server is being stopped. */
  readonly draining: AbortSignal;
  /** The longest build: its token lives as long. */
  readonly maxBuildMs: number;
}

/** A new build, with the token that drives it. */
export interface CreatedBuild {
  readonly id: string;
  readonly project: Project;
  readonly token: Secret;
  readonly createdAt: Date;
}

/**
 * Writes a build and makes its token. Without a project id, a project token's own project is taken, or the only one
 * that the caller may see.
 *
 * @throws {Problem} `project_not_found`, `project_not_given`, `server_draining`
 */
export async function createBuild(
  deps: CreateBuildDeps,
  principal: Principal,
  request: { readonly projectId: string | undefined; readonly targets: readonly BuildTarget[] },
): Promise<CreatedBuild> {
  if (deps.draining.aborted) throw serverDraining();
  const project = await chooseProject(deps, principal, request.projectId);
  const now = deps.clock.now();
  const id = newLongId();
  const { text, hash } = createToken("build");
  const token = { id: newLongId(), hash, expiresAt: new Date(now.getTime() + deps.maxBuildMs) };
  await deps.builds.insert({ id, projectId: project.id, targets: request.targets, token, now });
  return { id, project, token: text, createdAt: now };
}

async function chooseProject(deps: CreateBuildDeps, principal: Principal, id: string | undefined): Promise<Project> {
  if (id) return findProject(deps.projects, principal, id);
  const visible = await listProjects(deps.projects, principal);
  const [only] = visible;
  if (!only || visible.length > 1) throw projectNotGiven(visible.length);
  return only;
}
