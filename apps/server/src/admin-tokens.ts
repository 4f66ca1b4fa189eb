import type { Clock } from "@opendepot/base";
import { createToken } from "./access/token.ts";
import { newLongId } from "./ids.ts";
import { argumentInvalid, organizationNotFound, projectNotFound } from "./problems.ts";
import type { Stores } from "./store/stores.ts";
import type { TokenSubject } from "./store/tokens.ts";

/** A token that an administrator asks for on the server itself. */
export interface TokenRequest {
  readonly kind: "user" | "organization" | "project";
  /** Name of the user, id or name of the organization, id of the project. */
  readonly subject: string;
  readonly description: string;
  /** Undefined: it does not expire. */
  readonly expiresInMs?: number | undefined;
}

/** The answer to {@link TokenRequest}: the only time that the text is shown. */
export interface IssuedToken {
  readonly tokenId: string;
  readonly token: string;
  readonly expiresAt?: string | undefined;
}

/**
 * Makes a token for a user, an organization or a project that exists.
 *
 * @throws {Problem} `argument_invalid`, `organization_not_found`, `project_not_found`
 */
export async function issueToken(deps: { stores: Stores; clock: Clock }, request: TokenRequest): Promise<IssuedToken> {
  const subject = await findSubject(deps.stores, request);
  const now = deps.clock.now();
  const { text, hash } = createToken(subject.kind);
  const expiresAt = request.expiresInMs === undefined ? undefined : new Date(now.getTime() + request.expiresInMs);
  const tokenId = newLongId();
  const { description } = request;
  await deps.stores.tokens.insert({ id: tokenId, hash, subject, description, expiresAt, now });
  return { tokenId, token: text.reveal(), expiresAt: expiresAt?.toISOString() };
}

async function findSubject(
  { organizations, projects }: Stores,
  { kind, subject }: TokenRequest,
): Promise<TokenSubject> {
  switch (kind) {
    case "user": {
      const user = await organizations.findUserByName(subject);
      if (!user) throw argumentInvalid(`no user ${JSON.stringify(subject)}`, "the first user is admin");
      return { kind, id: user.id };
    }
    case "organization": {
      const organization = await organizations.findByName(subject);
      if (!organization) throw organizationNotFound(subject);
      return { kind, id: organization.id };
    }
    case "project": {
      const project = await projects.find(subject);
      if (!project) throw projectNotFound(subject);
      return { kind, id: project.id };
    }
  }
}
