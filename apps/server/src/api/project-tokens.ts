import type { ServiceImpl } from "@connectrpc/connect";
import type { coreProjectV1 } from "@opendepot/api/services";
import { findManagedProject } from "../access/find.ts";
import type { Principal } from "../access/principal.ts";
import { createToken } from "../access/token.ts";
import { newLongId } from "../ids.ts";
import { tokenNotFound } from "../problems.ts";
import type { TokenRecord } from "../store/tokens.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

type Service = ServiceImpl<typeof coreProjectV1.ProjectService>;

/** The tokens of a project, for those who may change the project. */
export function projectTokens(
  deps: ApiDeps,
): Pick<Service, "listTokens" | "createToken" | "updateToken" | "deleteToken"> {
  const { tokens } = deps.stores;
  return {
    async listTokens({ projectId }, context) {
      await findManagedProject(deps.stores.projects, callerOf(context), projectId);
      const listed = await tokens.listOfProject(projectId);
      return { tokens: listed.map(({ id, description }) => ({ tokenId: id, description })) };
    },

    async createToken({ projectId, description }, context) {
      await findManagedProject(deps.stores.projects, callerOf(context), projectId);
      const { text, hash } = createToken("project");
      const subject = { kind: "project", id: projectId } as const;
      const token = { id: newLongId(), hash, subject, description: clean(description), now: deps.clock.now() };
      await tokens.insert(token);
      return { tokenId: token.id, secret: text.reveal() };
    },

    async updateToken({ tokenId, description }, context) {
      const token = await findToken(deps, callerOf(context), tokenId);
      await tokens.describe(token.id, clean(description));
      return {};
    },

    async deleteToken({ tokenId }, context) {
      const token = await findToken(deps, callerOf(context), tokenId);
      await tokens.revoke(token.id, deps.clock.now());
      return {};
    },
  };
}

async function findToken(deps: ApiDeps, caller: Principal, id: string): Promise<TokenRecord> {
  const token = await deps.stores.tokens.find(id);
  if (!token?.projectId || token.revokedAt) throw tokenNotFound(id);
  await findManagedProject(deps.stores.projects, caller, token.projectId);
  return token;
}

function clean(text: string): string {
  return text.slice(0, 1000).replaceAll("\0", "");
}
