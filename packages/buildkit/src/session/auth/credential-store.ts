import { join } from "node:path";
import { type Clock, systemClock } from "@opendepot/base";
import { askCredentialHelper } from "./credential-helper.ts";
import { type DockerConfig, NO_AUTH, parseDockerConfig, type RegistryAuth, readDockerConfig } from "./docker-config.ts";

/** Where credentials are looked up. */
export interface CredentialStoreOptions {
  /** Docker's configuration folder, for instance `/home/me/.docker`; it need not exist. */
  readonly configFolder: string;
  /** The text of `DOCKER_AUTH_CONFIG`, when set: goes before everything else. */
  readonly authConfig?: string | undefined;
  /** Credentials for every registry, instead of all that is configured. */
  readonly forAll?: RegistryAuth | undefined;
  /** The environment of credential helpers, and the `PATH` on which they are found. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a helper may take. Default 50,000 ms; the engine gives up after 60 s. */
  readonly helperTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** The engine's name for Docker Hub, and the one under which `docker login` keeps its credentials. */
const HUB_HOST = "registry-1.docker.io";
const HUB_KEY = "https://index.docker.io/v1/";

/** Credentials are asked for anew after this time; some clouds' tokens live for five minutes. */
const FRESH_MS = 290_000;

/** Looks up credentials as docker does: docker/cli `cli/config/configfile` `GetAuthConfig`. */
export class CredentialStore {
  readonly #options: CredentialStoreOptions;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly expiresAt: number; readonly auth: Promise<RegistryAuth> }>();
  #configs: Promise<{ fromEnv: DockerConfig; fromFile: DockerConfig }> | undefined;
  #lastLookup: Promise<unknown> = Promise.resolve();
  readonly #given = new Map<string, RegistryAuth>();

  constructor(options: CredentialStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Has one registry use these credentials, whatever is configured for it or for all. */
  give(host: string, auth: RegistryAuth): void {
    this.#given.set(host, auth);
  }

  /**
   * Credentials for a registry host, with its port if it has one; empty ones when there are none.
   *
   * @throws {Problem} `docker_config_invalid`, `credential_helper_failed`
   */
  async get(host: string): Promise<RegistryAuth> {
    const given = this.#given.get(host) ?? this.#options.forAll;
    if (given) return given;
    const now = this.#clock.now().getTime();
    const known = this.#known.get(host);
    if (known && known.expiresAt > now) return await known.auth;
    // One at a time: some keychains hang when they are asked twice at once.
    const auth = this.#lastLookup.then(() => this.#lookUp(keyOf(host)));
    this.#lastLookup = auth.catch(() => this.#known.delete(host));
    this.#known.set(host, { expiresAt: now + FRESH_MS, auth });
    return await auth;
  }

  async #lookUp(key: string): Promise<RegistryAuth> {
    this.#configs ??= this.#readConfigs();
    const { fromEnv, fromFile } = await this.#configs;
    const given = fromEnv.auths.get(key);
    if (given) return given;
    const helper = fromFile.credHelpers.get(key) ?? fromFile.credsStore;
    if (!helper) return findInFile(fromFile, key);
    const timeoutMs = this.#options.helperTimeoutMs ?? 50_000;
    const found = await askCredentialHelper(helper, key, { env: this.#options.env, timeoutMs });
    return { ...found, registryToken: findInFile(fromFile, key).registryToken };
  }

  async #readConfigs(): Promise<{ fromEnv: DockerConfig; fromFile: DockerConfig }> {
    const fromEnv = parseDockerConfig(this.#options.authConfig || "{}", "DOCKER_AUTH_CONFIG");
    return { fromEnv, fromFile: await readDockerConfig(join(this.#options.configFolder, "config.json")) };
  }
}

function keyOf(host: string): string {
  return [HUB_HOST, "docker.io", "index.docker.io"].includes(host) ? HUB_KEY : host;
}

/** Old files have URLs where today's have hosts. */
function findInFile(config: DockerConfig, key: string): RegistryAuth {
  const exact = config.auths.get(key);
  if (exact) return exact;
  for (const [registry, auth] of config.auths) if (hostOf(registry) === key) return auth;
  return NO_AUTH;
}

function hostOf(registry: string): string {
  const withoutScheme = registry.replace(/^[^/]*:\/\//, "");
  return withoutScheme.split("/")[0] ?? "";
}
