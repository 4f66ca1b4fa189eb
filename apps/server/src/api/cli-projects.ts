import type { ServiceImpl } from "@connectrpc/connect";
import type { cliProjectsV1beta1 } from "@opendepot/api/services";
import { findProject, listProjects } from "../access/find.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

/** `depot.cli.v1beta1.ProjectsService`: the projects that a caller may use. */
export function cliProjects(deps: ApiDeps): ServiceImpl<typeof cliProjectsV1beta1.ProjectsService> {
  const { projects } = deps.stores;
  return {
    async listProjects(_, context) {
      const visible = await listProjects(projects, callerOf(context));
      return {
        projects: visible.map(({ id, name, organizationId, organizationName }) => ({
          ...{ id, name, orgId: organizationId, orgName: organizationName },
        })),
      };
    },

    async resetProjectCache({ projectId }, context) {
      const project = await findProject(projects, callerOf(context), projectId);
      await deps.pool.reset(project.id);
      return { name: project.name, orgName: project.organizationName };
    },
  };
}
