import { isProblem } from "@opendepot/base";
import type { Access, Caller, GrantedImage, Right } from "@opendepot/registry";
import { type AuthenticateDeps, authenticate, failureOf } from "../access/authenticate.ts";
import { mayUseProject, type Principal } from "../access/principal.ts";
import { type BuildStore, isEnd } from "../store/builds.ts";
import type { ProjectStore } from "../store/projects.ts";
import type { SavedImageStore } from "../store/saved-images.ts";
import type { TokenStore } from "../store/tokens.ts";
import { isRepositoryOf, projectOfRepository } from "./image-names.ts";

/** What knowing who may do what in the registry takes. */
export interface RegistryAccessDeps extends AuthenticateDeps {
  readonly projects: Pick<ProjectStore, "find">;
  readonly builds: Pick<BuildStore, "find">;
  readonly tokens: AuthenticateDeps["tokens"] & Pick<TokenStore, "find">;
  readonly savedImages: Pick<SavedImageStore, "list">;
}

/** The user name beside a token: `docker login -u x-token`. */
export const REGISTRY_USERNAME = "x-token";

/** Somebody with a token of ours. */
interface TokenCaller extends Caller {
  readonly principal: Principal;
}

const NOTHING: ReadonlySet<Right> = new Set();
const PULL: ReadonlySet<Right> = new Set(["pull"]);
const PULL_OF_BUILD: ReadonlySet<Right> = new Set(["pull-granted"]);
const BUILD: ReadonlySet<Right> = new Set(["pull", "push"]);
const EVERYTHING: ReadonlySet<Right> = new Set(["pull", "push", "delete"]);

/**
 * Rights in the registry: a repository belongs to the project that its name begins with. Whoever may use the project may
 * do everything there; a build may push as long as it runs; a pull token reads, and one of a build what that has saved.
 */
export function registryAccess(deps: RegistryAccessDeps): Access {
  return {
    identify: async (username, password) => {
      if (username !== REGISTRY_USERNAME) return undefined;
      try {
        const principal = await authenticate(deps, password);
        return { id: callerIdOf(principal), principal } satisfies TokenCaller;
      } catch (error) {
        if (isProblem(error)) return undefined; // unknown, expired or revoked
        throw error;
      }
    },
    actions: async (caller, repository) => {
      const { principal } = caller as TokenCaller;
      const projectId = projectOfRepository(repository);
      switch (principal.kind) {
        case "pull":
          if (principal.projectId !== projectId) return NOTHING;
          return principal.buildId === undefined ? PULL : PULL_OF_BUILD;
        case "build": {
          const build = await deps.builds.find(principal.buildId);
          return build && build.projectId === projectId && !isEnd(build.state) ? BUILD : NOTHING;
        }
        default: {
          const project = await deps.projects.find(projectId);
          return project && mayUseProject(principal, project) ? EVERYTHING : NOTHING;
        }
      }
    },
    granted: async (caller, repository) => await listGranted(deps, caller, repository),
  };
}

/** What the build of a pull token has saved in a repository; undefined where there is no such token any more. */
async function listGranted(
  { tokens, savedImages, clock }: RegistryAccessDeps,
  { id }: Caller,
  repository: string,
): Promise<readonly GrantedImage[] | undefined> {
  const [, tokenId] = /^pull:(.+)$/.exec(id) ?? [];
  const token = tokenId === undefined ? undefined : await tokens.find(tokenId);
  if (!token || failureOf(token, clock.now())) return undefined;
  const { id: projectId, buildId } = token.subject;
  if (buildId === undefined || !isRepositoryOf(projectId, repository)) return undefined;
  return await savedImages.list(buildId, repository);
}

function callerIdOf(principal: Principal): string {
  return principal.kind === "build" ? `build:${principal.buildId}` : `${principal.kind}:${principal.tokenId}`;
}

/** The build whose token a caller of the registry has; undefined for others. */
export function buildOfCaller({ id }: Caller): string | undefined {
  return id.startsWith("build:") ? id.slice("build:".length) : undefined;
}
