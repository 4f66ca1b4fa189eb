import {
  CredentialStore,
  type CredentialStoreOptions,
  createAuth,
  createSecrets,
  createSsh,
  type RegistryAuth,
  type SessionService,
} from "@opendepot/buildkit";
import { type CliContext, type Environment, variable } from "../cli-context.ts";
import { registryAuthInvalid } from "../problems.ts";
import { dockerConfigFolder } from "../target/docker-config.ts";
import type { Target } from "../target/target.ts";

/** What a target's solves are served beside its files. */
export interface TargetServices {
  /** Registry credentials, secrets and SSH, for the session of each solve. */
  readonly services: readonly SessionService[];
  /** The same credentials for what this process pushes itself. */
  readonly credentials: CredentialStore;
}

/**
 * Prepares registry credentials, secrets and SSH, and checks that they can be had, before a server is asked for
 * anything. They serve all solves of the target.
 *
 * @throws {Problem} those of `createSecrets` and `createSsh`; `registry_auth_invalid`
 */
export async function createTargetServices(
  target: Target,
  context: Pick<CliContext, "environment" | "home" | "cwd">,
): Promise<TargetServices> {
  const options = credentialOptions(context);
  const credentials = new CredentialStore(options);
  const services = [createAuth({ ...options, store: credentials })];
  if (target.secrets.length > 0) services.push(await createSecrets(target.secrets));
  if (target.ssh.length > 0) services.push(await createSsh(target.ssh));
  return { services, credentials };
}

/**
 * Where credentials of registries come from.
 *
 * @throws {Problem} `registry_auth_invalid`
 */
export function credentialOptions(context: Pick<CliContext, "environment" | "home" | "cwd">): CredentialStoreOptions {
  const { environment } = context;
  return {
    configFolder: dockerConfigFolder(context),
    authConfig: environment["DOCKER_AUTH_CONFIG"],
    env: environment,
    forAll: pushRegistryAuth(environment),
  };
}

/**
 * `DEPOT_PUSH_REGISTRY_USERNAME` and `_PASSWORD`, or `DEPOT_PUSH_REGISTRY_AUTH` as `config.json` has it, base64 of both:
 * as in the hosted product they take the place of the credentials of every registry.
 */
function pushRegistryAuth(environment: Environment): RegistryAuth | undefined {
  const encoded = variable(environment, "DEPOT_PUSH_REGISTRY_AUTH");
  const decoded = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (encoded !== undefined && colon < 0) throw registryAuthInvalid();
  const username = variable(environment, "DEPOT_PUSH_REGISTRY_USERNAME") ?? decoded.slice(0, Math.max(colon, 0));
  const password = variable(environment, "DEPOT_PUSH_REGISTRY_PASSWORD") ?? decoded.slice(colon + 1);
  return username === "" && password === "" ? undefined : { username, password, identityToken: "", registryToken: "" };
}
