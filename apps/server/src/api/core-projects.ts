import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { coreProjectV1 } from "@opendepot/api/services";
import { findManagedProject, findProject, listProjects } from "../access/find.ts";
import { isInOrganization, mayManageProjects, type Principal } from "../access/principal.ts";
import { notPermitted, organizationNotFound } from "../problems.ts";
import { createProject, deleteProject, type ProjectDeps, updateProject } from "../projects.ts";
import type { Project } from "../store/projects.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { projectTokens } from "./project-tokens.ts";

type Service = ServiceImpl<typeof coreProjectV1.ProjectService>;

/** `depot.core.v1.ProjectService`: projects and their tokens. Trust policies are not served yet. */
export function coreProjects(deps: ApiDeps): Partial<Service> {
  const { projects } = deps.stores;
  const { pool, finish, images, clock } = deps;
  const domain: ProjectDeps = { ...deps.stores, pool, finish, images, clock };
  return {
    ...projectTokens(deps),

    async listProjects(_, context) {
      return { projects: (await listProjects(projects, callerOf(context))).map(toWire) };
    },

    async getProject({ projectId }, context) {
      return { project: toWire(await findProject(projects, callerOf(context), projectId)) };
    },

    async createProject({ name, organizationId, regionId, cachePolicy, hardware, imageRetention }, context) {
      const organization = chooseOrganization(callerOf(context), organizationId);
      const changes = { name, region: regionId || undefined, hardware, imageRetention, ...toPolicy(cachePolicy) };
      return { project: toWire(await createProject(domain, organization, changes)) };
    },

    async updateProject({ projectId, name, regionId, cachePolicy, hardware, imageRetention }, context) {
      const project = await findManagedProject(deps.stores.projects, callerOf(context), projectId);
      const changes = { name, region: regionId || undefined, hardware, imageRetention, ...toPolicy(cachePolicy) };
      return { project: toWire(await updateProject(domain, project, changes)) };
    },

    async deleteProject({ projectId }, context) {
      await deleteProject(domain, await findManagedProject(deps.stores.projects, callerOf(context), projectId));
      return {};
    },

    async resetProject({ projectId }, context) {
      const project = await findProject(projects, callerOf(context), projectId);
      await deps.pool.reset(project.id);
      return {};
    },
  };
}

function chooseOrganization(caller: Principal, asked: string | undefined): string {
  const own = caller.kind === "user" ? caller.organizationIds[0] : "organizationId" in caller && caller.organizationId;
  const id = asked || own;
  if (!id) throw notPermitted("create projects");
  if (!isInOrganization(caller, id)) throw organizationNotFound(id);
  if (!mayManageProjects(caller, id)) throw notPermitted("create projects");
  return id;
}

const GB = 1_000_000_000;

/** `keep_bytes` is what the CLI sends, `keep_gb` what the SDK sends; both are sent back. */
function toPolicy(policy: coreProjectV1.CachePolicy | undefined): { keepBytes?: number; keepDays?: number } {
  if (!policy) return {};
  const keepBytes = policy.keepBytes === undefined ? policy.keepGb * GB : Number(policy.keepBytes);
  return { keepDays: policy.keepDays, ...(keepBytes === 0 ? {} : { keepBytes }) };
}

function toWire(project: Project) {
  const { keepBytes, keepDays } = project.cachePolicy;
  return {
    projectId: project.id,
    organizationId: project.organizationId,
    name: project.name,
    regionId: project.region,
    createdAt: timestampFromDate(project.createdAt),
    cachePolicy: { keepBytes: BigInt(keepBytes), keepDays, keepGb: Math.round(keepBytes / GB) },
    hardware: project.hardware,
    imageRetention: project.imageRetention,
  };
}
