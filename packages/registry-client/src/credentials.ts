/** Credentials of one registry, as docker's `config.json` knows them; empty texts where there are none. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token that stands for the password. */
  readonly identityToken: string;
  /** A bearer token that is used as it is. */
  readonly registryToken: string;
}

/** Where credentials come from. */
export interface Credentials {
  /** The credentials for a registry's host, with its port if it has one, for instance `registry-1.docker.io`. */
  lookup(host: string, signal: AbortSignal | undefined): Promise<RegistryCredentials | undefined>;
}

/** For registries that ask nobody who he is. */
export const anonymous: Credentials = { lookup: async () => undefined };

/** Whether there is anything to log in with. */
export function canLogIn(found: RegistryCredentials | undefined): found is RegistryCredentials {
  return found !== undefined && [found.password, found.identityToken, found.registryToken].some((text) => text !== "");
}

/** The header of RFC 7617. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
