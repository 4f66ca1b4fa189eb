/** Who calls: what a valid token speaks for. */
export type Principal =
  | {
      readonly kind: "user";
      readonly tokenId: string;
      readonly userId: string;
      readonly organizationIds: readonly string[];
    }
  | { readonly kind: "organization"; readonly tokenId: string; readonly organizationId: string }
  | { readonly kind: "project"; readonly tokenId: string; readonly projectId: string; readonly organizationId: string }
  | { readonly kind: "build"; readonly tokenId: string; readonly buildId: string }
  /** Reads saved images, of one project or one of its builds, and does nothing else. */
  | {
      readonly kind: "pull";
      readonly tokenId: string;
      readonly projectId: string;
      readonly buildId: string | undefined;
      readonly expiresAt: Date | undefined;
    };

/** The parts of a project that rights depend on. */
export interface ProjectScope {
  readonly id: string;
  readonly organizationId: string;
}

/** The parts of a build that rights depend on. */
export interface BuildScope {
  readonly id: string;
  readonly projectId: string;
  readonly organizationId: string;
}

/** Whether the organization is one that the caller belongs to. */
export function isInOrganization(principal: Principal, organizationId: string): boolean {
  switch (principal.kind) {
    case "user":
      return principal.organizationIds.includes(organizationId);
    case "organization":
    case "project":
      return principal.organizationId === organizationId;
    case "build":
    case "pull":
      return false;
  }
}

/** Whether the caller may see a project, build in it and reset its cache. */
export function mayUseProject(principal: Principal, project: ProjectScope): boolean {
  if (principal.kind === "project") return principal.projectId === project.id;
  return isInOrganization(principal, project.organizationId);
}

/** Whether the caller may create projects in an organization, change or delete them and manage their tokens. */
export function mayManageProjects(principal: Principal, organizationId: string): boolean {
  return principal.kind !== "project" && isInOrganization(principal, organizationId);
}

/** Whether the caller may see and drive a build. A build's own token reaches that build and nothing else. */
export function mayUseBuild(principal: Principal, build: BuildScope): boolean {
  if (principal.kind === "build") return principal.buildId === build.id;
  return mayUseProject(principal, { id: build.projectId, organizationId: build.organizationId });
}
