import type { Clock, Problem } from "@opendepot/base";
import { tokenExpired, tokenMissing, tokenRevoked, tokenUnknown } from "../problems.ts";
import type { OrganizationStore } from "../store/organizations.ts";
import type { ProjectStore } from "../store/projects.ts";
import type { TokenRecord, TokenStore } from "../store/tokens.ts";
import type { Principal } from "./principal.ts";
import { hashToken } from "./token.ts";

/** What telling callers apart takes. */
export interface AuthenticateDeps {
  readonly tokens: Pick<TokenStore, "findByHash" | "touch">;
  readonly organizations: Pick<OrganizationStore, "listIdsOfUser">;
  readonly projects: Pick<ProjectStore, "find">;
  readonly clock: Clock;
}

/**
 * Tells whom a token speaks for.
 *
 * @throws {Problem} `token_missing`, `token_unknown`, `token_expired`, `token_revoked`
 */
export async function authenticate(deps: AuthenticateDeps, text: string | undefined): Promise<Principal> {
  if (text === undefined || text === "") throw tokenMissing();
  const hash = hashToken(text);
  const token = hash && (await deps.tokens.findByHash(hash));
  if (!token) throw tokenUnknown();
  const now = deps.clock.now();
  const failure = failureOf(token, now);
  if (failure) throw failure;
  await deps.tokens.touch(token, now);
  return toPrincipal(deps, token);
}

/** Why a token that we made is worth nothing any more: `token_revoked`, `token_expired`; undefined when it is. */
export function failureOf({ revokedAt, expiresAt }: TokenRecord, now: Date): Problem | undefined {
  if (revokedAt) return tokenRevoked();
  return expiresAt && expiresAt <= now ? tokenExpired(expiresAt) : undefined;
}

async function toPrincipal(deps: AuthenticateDeps, token: TokenRecord): Promise<Principal> {
  const { kind, id } = token.subject;
  const tokenId = token.id;
  switch (kind) {
    case "user":
      return { kind, tokenId, userId: id, organizationIds: await deps.organizations.listIdsOfUser(id) };
    case "organization":
      return { kind, tokenId, organizationId: id };
    case "project": {
      const project = await deps.projects.find(id);
      if (!project) throw tokenUnknown();
      return { kind, tokenId, projectId: id, organizationId: project.organizationId };
    }
    case "build":
      return { kind, tokenId, buildId: id };
    case "pull":
      return { kind, tokenId, projectId: id, buildId: token.subject.buildId, expiresAt: token.expiresAt };
  }
}

/** The token in an `Authorization` header: `Bearer TOKEN`, or `Basic` with the token as password, as registries take it. */
export function readAuthorization(header: string | null | undefined): string | undefined {
  const [, scheme, value] = /^(\w+) +(\S+)\s*$/.exec(header ?? "") ?? [];
  switch (scheme?.toLowerCase()) {
    case "bearer":
      return value;
    case "basic": {
      const credentials = Buffer.from(value ?? "", "base64").toString("utf8");
      const colon = credentials.indexOf(":");
      return credentials.slice(0, colon) === "x-token" ? credentials.slice(colon + 1) : undefined;
    }
    default:
      return undefined;
  }
}
