import { buildNotFound, notPermitted, projectNotFound } from "../problems.ts";
import type { Build, BuildStore } from "../store/builds.ts";
import type { Project, ProjectStore } from "../store/projects.ts";
import { mayManageProjects, mayUseBuild, mayUseProject, type Principal } from "./principal.ts";

/**
 * The project, if the caller may use it. One that the caller may not see does not exist for it.
 *
 * @throws {Problem} `project_not_found`
 */
export async function findProject(
  projects: Pick<ProjectStore, "find">,
  principal: Principal,
  id: string,
): Promise<Project> {
  const project = await projects.find(id);
  if (!project || !mayUseProject(principal, project)) throw projectNotFound(id);
  return project;
}

/**
 * The project, if the caller may change it.
 *
 * @throws {Problem} `project_not_found`, `not_permitted`
 */
export async function findManagedProject(
  projects: Pick<ProjectStore, "find">,
  principal: Principal,
  id: string,
): Promise<Project> {
  const project = await findProject(projects, principal, id);
  if (!mayManageProjects(principal, project.organizationId)) throw notPermitted(`change project ${id}`);
  return project;
}

/**
 * The build, if the caller may use it. One that the caller may not see does not exist for it.
 *
 * @throws {Problem} `build_not_found`
 */
export async function findBuild(builds: Pick<BuildStore, "find">, principal: Principal, id: string): Promise<Build> {
  const build = await builds.find(id);
  if (!build || !mayUseBuild(principal, build)) throw buildNotFound(id);
  return build;
}

/** The organizations whose projects the caller may see. */
export function organizationIdsOf(principal: Principal): readonly string[] {
  switch (principal.kind) {
    case "user":
      return principal.organizationIds;
    case "organization":
    case "project":
      return [principal.organizationId];
    case "build":
    case "pull":
      return [];
  }
}

/** The projects that the caller may use, by name. */
export async function listProjects(
  projects: Pick<ProjectStore, "find" | "list">,
  principal: Principal,
): Promise<readonly Project[]> {
  if (principal.kind !== "project") return projects.list(organizationIdsOf(principal));
  const project = await projects.find(principal.projectId);
  return project ? [project] : [];
}
