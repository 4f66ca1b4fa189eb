import type { KeyObject } from "node:crypto";
import { Auth } from "../../gen/moby/filesync/v1/auth.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import type { SessionService } from "../service.ts";
import { unary } from "../unary.ts";
import { createAuthorityKey, publicBytes, signPayload } from "./authority-key.ts";
import { CredentialStore, type CredentialStoreOptions } from "./credential-store.ts";
import type { RegistryAuth } from "./docker-config.ts";
import { fetchToken } from "./fetch-token.ts";
import { TokenSeeds } from "./token-seeds.ts";

/** Options of {@link createAuth}. */
export interface AuthOptions extends CredentialStoreOptions {
  /** Where the credentials come from; default: one of its own, by the other options. */
  readonly store?: CredentialStore | undefined;
  /** For token servers behind a proxy or with certificates of their own. Default: Node's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /**
   * False lets the engine fetch tokens itself, with credentials that it asks for: what `BUILDKIT_NO_CLIENT_TOKEN`
   * stands for. Default true: credentials stay here where the registry has a token server.
   */
  readonly fetchesTokens?: boolean | undefined;
}

/**
 * Gives the engine access to registries with the credentials of docker's configuration: fetches tokens for it, and
 * hands out credentials for registries that want them with each request.
 *
 * Calls fail with {@link Problem}s `docker_config_invalid`, `credential_helper_failed` and `registry_token_refused`.
 * BuildKit `session/auth`, service `moby.filesync.v1.Auth`.
 */
export function createAuth(options: AuthOptions): SessionService {
  const store = options.store ?? new CredentialStore(options);
  const seeds = new TokenSeeds(options.configFolder);
  const keyFor = async (host: string, salt: Uint8Array): Promise<KeyObject> => {
    if (options.fetchesTokens === false) throw new GrpcError(GrpcCode.unavailable, "client side tokens disabled");
    const { secret } = toCredentials(await store.get(host));
    return createAuthorityKey(salt, secret === "" ? undefined : await seeds.get(host));
  };
  return {
    name: "moby.filesync.v1.Auth",
    methods: {
      Credentials: unary(Auth.credentials, async ({ host }) => toCredentials(await store.get(host))),
      FetchToken: unary(Auth.fetchToken, async (request, { signal }) => {
        const auth = await store.get(request.host);
        const token = await fetchToken(request, { auth, fetch: options.fetch ?? fetch, signal });
        return { token: token.token, expiresIn: BigInt(token.expiresInS), issuedAt: BigInt(token.issuedAtS) };
      }),
      GetTokenAuthority: unary(Auth.getTokenAuthority, async ({ host, salt }) => ({
        publicKey: publicBytes(await keyFor(host, salt)),
      })),
      VerifyTokenAuthority: unary(Auth.verifyTokenAuthority, async ({ host, salt, payload }) => ({
        signed: signPayload(await keyFor(host, salt), payload),
      })),
    },
  };
}

/** An identity token goes as a secret without a user name. */
function toCredentials(auth: RegistryAuth): { username: string; secret: string } {
  if (auth.identityToken !== "") return { username: "", secret: auth.identityToken };
  return { username: auth.username, secret: auth.password };
}
