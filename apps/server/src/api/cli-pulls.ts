import type { ServiceImpl } from "@connectrpc/connect";
import type { cliV1 } from "@opendepot/api/services";
import { findBuild, findProject } from "../access/find.ts";
import type { Principal } from "../access/principal.ts";
import { createToken } from "../access/token.ts";
import { newLongId } from "../ids.ts";
import { argumentInvalid, notPermitted } from "../problems.ts";
import { REGISTRY_USERNAME } from "../registry/access.ts";
import type { Build, BuildTarget } from "../store/builds.ts";
import { callerOf } from "./caller.ts";
import { type ApiDeps, registryHostOfDeps } from "./deps.ts";

type Service = ServiceImpl<typeof cliV1.BuildService>;

/** For a pull that begins now. */
const PULL_INFO_MS = 3_600_000;
/** For whoever asks for a token to pull with later. */
const PULL_TOKEN_MS = 24 * 3_600_000;

/** How saved images are pulled: the part of `depot.cli.v1.BuildService` that is about them. */
export function cliPulls(deps: ApiDeps): Pick<Service, "getPullInfo" | "getPullToken"> {
  const { stores, clock } = deps;
  const issue = async (scope: Scope, { lifetimeMs, until }: Lifetime): Promise<string> => {
    const { text, hash } = createToken("pull");
    const now = clock.now();
    const end = new Date(now.getTime() + lifetimeMs);
    await stores.tokens.insert({
      ...{ id: newLongId(), hash, now, description: "pulls saved images" },
      subject: { kind: "pull", id: scope.projectId, buildId: scope.buildId },
      expiresAt: until !== undefined && until < end ? until : end,
    });
    return text.reveal();
  };
  return {
    async getPullInfo({ buildId }, context) {
      const caller = callerOf(context);
      const build = await findPullable(deps, caller, buildId);
      const until = caller.kind === "pull" ? caller.expiresAt : undefined;
      const targets = await stores.builds.listTargets(build.id);
      return {
        reference: `${registryHostOfDeps(deps)}/${build.projectId}:${build.id}`,
        username: REGISTRY_USERNAME,
        password: await issue({ projectId: build.projectId, buildId: build.id }, { lifetimeMs: PULL_INFO_MS, until }),
        options: targets.map(toOptions),
        saveForLoad: false,
      };
    },

    async getPullToken({ projectId, buildId }, context) {
      const caller = callerOf(context);
      if (caller.kind === "pull") throw notPermitted("make other tokens");
      const scope = await findScope(deps, caller, { projectId, buildId });
      return { token: await issue(scope, { lifetimeMs: PULL_TOKEN_MS }) };
    },
  };
}

interface Lifetime {
  readonly lifetimeMs: number;
  /** The end of the token that asks for it: what it gets lasts no longer than itself. */
  readonly until?: Date | undefined;
}

interface Scope {
  readonly projectId: string;
  readonly buildId: string | undefined;
}

/** A pull token says what it is for; others may pull what they may use. */
async function findPullable({ stores }: ApiDeps, caller: Principal, buildId: string): Promise<Build> {
  if (caller.kind !== "pull") return await findBuild(stores.builds, caller, buildId);
  const build = await stores.builds.find(buildId);
  const isMeant = build?.projectId === caller.projectId && (caller.buildId ?? buildId) === buildId;
  return await findBuild(stores.builds, isMeant ? { ...caller, kind: "build", buildId } : caller, buildId);
}

async function findScope(
  { stores }: ApiDeps,
  caller: Principal,
  asked: { readonly projectId: string | undefined; readonly buildId: string | undefined },
): Promise<Scope> {
  if (!asked.buildId) {
    if (!asked.projectId) throw argumentInvalid("neither a project nor a build was named", "name one of them");
    return { projectId: (await findProject(stores.projects, caller, asked.projectId)).id, buildId: undefined };
  }
  const build = await findBuild(stores.builds, caller, asked.buildId);
  if (asked.projectId && asked.projectId !== build.projectId) {
    throw argumentInvalid(`build ${build.id} is not of project ${asked.projectId}`, "leave the project out");
  }
  return { projectId: build.projectId, buildId: build.id };
}

function toOptions({ command, tags, outputs, push, load, name, lint, save, saveTags }: BuildTarget) {
  return {
    ...{ command, push, load, lint, save, tags: [...tags], saveTags: [...saveTags] },
    outputs: outputs.map(({ kind, attributes }) => ({ kind, attributes: { ...attributes } })),
    ...(name === undefined ? {} : { targetName: name }),
  };
}
