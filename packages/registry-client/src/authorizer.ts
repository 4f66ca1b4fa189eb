import { type Challenge, parseChallenges } from "./challenge.ts";
import { basicAuthorization, type Credentials, canLogIn, type RegistryCredentials } from "./credentials.ts";
import { registryAnswerInvalid } from "./problems.ts";
import { fetchToken } from "./token.ts";
import type { HttpAnswer, Transport } from "./transport.ts";

/** What an authorizer works for. */
export interface AuthorizerOptions {
  readonly transport: Transport;
  /** Whose registry this is, for people. */
  readonly name: string;
  /** The registry itself. */
  readonly origin: URL;
  readonly credentials: Credentials;
  /** Whether credentials may go to a token server that the registry names. Default: to any that uses TLS as it does. */
  readonly mayLogInAt?: ((realm: URL) => boolean) | undefined;
}

/** What an attempt to become authorized led to. */
export type Authorization =
  | { readonly kind: "header"; readonly value: string }
  /** The registry wants something that we do not have. */
  | { readonly kind: "impossible" }
  /** The token server refused; the body of its answer is the caller's. */
  | { readonly kind: "refused"; readonly answer: HttpAnswer };

interface Asked {
  readonly asking: Promise<Authorization>;
  /** Once it is known. */
  outcome: Authorization | undefined;
}

/**
 * Finds the `Authorization` header for requests of one registry: remembers how the registry wants it, and one token
 * for each set of scopes.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #asked = new Map<string, Asked>();
  #challenge: Challenge | undefined;
  #found: Promise<RegistryCredentials | undefined> | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Whether there are credentials for this registry. */
  async hasCredentials(signal: AbortSignal | undefined): Promise<boolean> {
    return canLogIn(await this.#lookUp(signal));
  }

  /** The header for requests with these scopes; undefined as long as the registry has not asked for one. */
  async authorize(scopes: readonly string[], signal: AbortSignal | undefined): Promise<Authorization | undefined> {
    const challenge = this.#challenge;
    if (!challenge) return undefined;
    const key = challenge.scheme === "bearer" ? scopes.join(" ") : "";
    const known = this.#asked.get(key);
    if (known) return await known.asking;
    // Requests that are made at the same time wait for one token; a failure is not kept.
    const asked: Asked = { asking: this.#ask(challenge, scopes, signal), outcome: undefined };
    this.#asked.set(key, asked);
    try {
      asked.outcome = await asked.asking;
      return asked.outcome;
    } finally {
      if (asked.outcome?.kind !== "header") this.#forget(asked);
    }
  }

  /**
   * Takes note of a 401 to a request that was made with `used`. Tells whether it is worth to ask again.
   */
  learn(answer: HttpAnswer, used: Authorization | undefined): boolean {
    const header = answer.headers["www-authenticate"];
    const challenges = header === undefined ? [] : parseChallenges(header);
    const challenge =
      challenges.find(({ scheme }) => scheme === "bearer") ?? challenges.find(({ scheme }) => scheme === "basic");
    if (!challenge) return false;
    this.#challenge = challenge;
    // The header that was refused has run out, or the registry has changed its mind; others may know by now.
    for (const asked of this.#asked.values()) if (used !== undefined && asked.outcome === used) this.#forget(asked);
    if (used?.kind === "header" && challenge.scheme === "basic") return false;
    return true;
  }

  #forget(asked: Asked): void {
    for (const [key, other] of this.#asked) if (other === asked) this.#asked.delete(key);
  }

  async #ask(challenge: Challenge, scopes: readonly string[], signal: AbortSignal | undefined): Promise<Authorization> {
    const credentials = await this.#lookUp(signal);
    if (challenge.scheme === "basic") {
      if (!credentials || credentials.username === "") return { kind: "impossible" };
      return { kind: "header", value: basicAuthorization(credentials.username, credentials.password) };
    }
    const { transport, name, mayLogInAt } = this.#options;
    const realm = this.#realmOf(challenge);
    if (canLogIn(credentials) && mayLogInAt?.(realm) === false) {
      throw registryAnswerInvalid(name, `its token server ${realm.host} is none that may see the credentials`);
    }
    const outcome = await fetchToken(transport, {
      name,
      realm,
      service: challenge.parameters.get("service") ?? "",
      scopes,
      credentials,
      signal,
    });
    if ("refused" in outcome) return { kind: "refused", answer: outcome.refused };
    return { kind: "header", value: `Bearer ${outcome.token}` };
  }

  #realmOf(challenge: Challenge): URL {
    const { name, origin } = this.#options;
    const url = URL.parse(challenge.parameters.get("realm") ?? "");
    if (!url || !/^https?:$/.test(url.protocol)) throw registryAnswerInvalid(name, "it names no token server");
    [url.username, url.password] = ["", ""]; // not for us, and they would show in errors
    if (origin.protocol === "https:" && url.protocol === "http:") {
      throw registryAnswerInvalid(name, `its token server ${url.host} does not use TLS`);
    }
    return url;
  }

  async #lookUp(signal: AbortSignal | undefined): Promise<RegistryCredentials | undefined> {
    const { credentials, origin } = this.#options;
    this.#found ??= credentials.lookup(origin.host, signal);
    try {
      return await this.#found;
    } catch (error) {
      this.#found = undefined;
      throw error;
    }
  }
}
