import { exportJWK, generateKeyPair, importJWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Query } from "../metadata/tables.ts";
import { ACTIONS, type Identity, type Right } from "./access.ts";
import type { Grant } from "./scope.ts";

const ALGORITHM = "ES256";
/** Issuer and audience alike: the key is used for nothing else, and by nobody else. */
const REGISTRY = "opendepot-registry";
const CLOCK_TOLERANCE_SECONDS = 60;

/** A token that was issued. */
export interface IssuedToken {
  readonly token: string;
  readonly issuedAt: Date;
  readonly expiresInSeconds: number;
}

/** Makes and reads tokens. They are kept nowhere: each carries its rights until it expires. */
export interface TokenSigner {
  issue(callerId: string, granted: readonly Grant[]): Promise<IssuedToken>;
  /** The rights that a token proves; undefined when it is not ours, or no longer valid. */
  verify(token: string): Promise<Identity | undefined>;
}

/** Opens the key that all servers on this database sign with; the first one makes it. */
export async function openTokenSigner(db: Query, lifetimeSeconds: number): Promise<TokenSigner> {
  const jwk = JSON.parse(await findOrMakeKey(db));
  const { d: _secret, ...publicJwk } = jwk;
  const [privateKey, publicKey] = await Promise.all([importJWK(jwk, ALGORITHM), importJWK(publicJwk, ALGORITHM)]);
  return {
    async issue(callerId, granted) {
      const issuedAt = new Date();
      const token = await new SignJWT({ access: toClaims(granted) })
        .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
        .setIssuer(REGISTRY)
        .setAudience(REGISTRY)
        .setSubject(callerId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(new Date(issuedAt.getTime() + lifetimeSeconds * 1000))
        .sign(privateKey);
      return { token, issuedAt, expiresInSeconds: lifetimeSeconds };
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [ALGORITHM],
          issuer: REGISTRY,
          audience: REGISTRY,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ["sub", "exp"],
        });
        return toIdentity(payload);
      } catch {
        return undefined; // whatever is wrong with it, it proves nothing
      }
    },
  };
}

/** Of servers that start at once, all get the same. */
async function findOrMakeKey(db: Query): Promise<string> {
  const find = db.selectFrom("registry.token_keys").select("private_jwk").where("id", "=", 1);
  const known = await find.executeTakeFirst();
  if (known) return known.private_jwk;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  await db
    .insertInto("registry.token_keys")
    .values({ id: 1, private_jwk: JSON.stringify(await exportJWK(privateKey)) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await find.executeTakeFirstOrThrow()).private_jwk;
}

interface AccessClaim {
  readonly type: "repository";
  readonly name: string;
  readonly actions: readonly Right[];
}

const RIGHTS: readonly Right[] = [...ACTIONS, "pull-granted"];

function toClaims(granted: readonly Grant[]): AccessClaim[] {
  return granted
    .filter(({ rights }) => rights.size > 0)
    .map(({ repository, rights }) => ({ type: "repository", name: repository, actions: [...rights] }));
}

function toIdentity(payload: JWTPayload): Identity {
  const claims = Array.isArray(payload["access"]) ? (payload["access"] as AccessClaim[]) : [];
  const allowed = new Set(claims.flatMap(({ name, actions }) => actions.map((action) => `${action} ${name}`)));
  return {
    caller: { id: payload.sub ?? "" },
    by: "token",
    allows: async (right, repository) => RIGHTS.includes(right) && allowed.has(`${right} ${repository}`),
  };
}
