import { type Clock, isProblem, systemCodeOf } from "@opendepot/base";
import type { Authorization, Authorizer } from "./authorizer.ts";
import {
  type Refusal,
  registryDenied,
  registryRateLimited,
  registryRefused,
  registryUnreachable,
  registryUntrusted,
} from "./problems.ts";
import { sendFollowing } from "./redirects.ts";
import { readRefusal } from "./refusal.ts";
import { isTransientError, isTransientStatus, readRetryAfter, Transient, withRetries } from "./retries.ts";
import { type Body, discard, type HttpAnswer, type HttpRequest, type Transport } from "./transport.ts";

/** Something that is wanted of a registry. */
export interface Wanted {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Body | undefined;
  /** For people, after "cannot": `push blob sha256:…`. */
  readonly action: string;
  readonly scopes: readonly string[];
  /** Statuses that are an answer and no failure, beside those of the 200s. */
  readonly expects?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  /** The repository, for people: `docker.io/acme/app`. */
  readonly name: string;
  readonly origin: URL;
  readonly clock: Clock;
}

/** OpenSSL's and Node's codes for refused certificates and names. */
const UNTRUSTED = /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|ERR_TLS_CERT_|INVALID_CA)/;

/** Requests to one registry with everything around them: authorization, redirects, repeating, errors in words. */
export class Session {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Sends a request until it is answered. The body of the answer is the caller's.
   *
   * @throws {Problem} `registry_unreachable`, `registry_untrusted`, `registry_denied`, `registry_rate_limited`,
   * `registry_refused`, `registry_answer_invalid`
   */
  async send(wanted: Wanted): Promise<HttpAnswer> {
    return await this.retry(() => this.sendOnce(wanted), wanted.signal);
  }

  /** Sends a request and reads its answer, both again when the connection breaks in between. */
  async read<T>(wanted: Wanted, reader: (answer: HttpAnswer) => Promise<T>): Promise<T> {
    return await this.retry(async () => {
      const answer = await this.sendOnce(wanted);
      return await this.reach(() => reader(answer), wanted.signal);
    }, wanted.signal);
  }

  /** Does something of several requests again while it fails with a {@link Transient}. */
  async retry<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return await withRetries(work, this.#options.clock, signal);
  }

  /** Waits before the next request. */
  async sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.clock.sleep(ms, signal);
  }

  /**
   * Sends a request once, and once more with credentials if they are asked for.
   *
   * @throws {Transient} where it may be tried again
   */
  async sendOnce(wanted: Wanted): Promise<HttpAnswer> {
    const first = await this.#authorize(wanted);
    if (first?.kind === "refused") return await this.#judge(wanted, first.answer);
    const answer = await this.#request(wanted, first);
    if (answer.status !== 401 || !this.#options.authorizer.learn(answer, first)) {
      return await this.#judge(wanted, answer);
    }
    const second = await this.#authorize(wanted);
    if (second?.kind !== "header" && second?.kind !== "refused") return await this.#judge(wanted, answer);
    discard(answer);
    return await this.#judge(wanted, second.kind === "refused" ? second.answer : await this.#request(wanted, second));
  }

  async #authorize({ scopes, signal }: Wanted): Promise<Authorization | undefined> {
    return await this.reach(() => this.#options.authorizer.authorize(scopes, signal), signal);
  }

  async #request(wanted: Wanted, authorization: Authorization | undefined): Promise<HttpAnswer> {
    const { transport, name, origin } = this.#options;
    const { method, url, headers, body, signal } = wanted;
    const isOwnHost = url.origin === origin.origin;
    const own = authorization?.kind === "header" && isOwnHost ? { authorization: authorization.value } : {};
    const request: HttpRequest = { method, url, headers: { ...headers, ...own }, body, signal };
    const isFollowed = method === "GET" || method === "HEAD";
    return await this.reach(
      () => (isFollowed ? sendFollowing(transport, request, name) : transport.send(request)),
      signal,
    );
  }

  /**
   * Puts failures of the connection into words.
   *
   * @throws {Transient} where it may be tried again
   */
  async reach<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const code = systemCodeOf(error);
      if (isProblem(error) || code === undefined) throw error;
      const { host } = this.#options.origin;
      if (UNTRUSTED.test(code)) throw registryUntrusted(host, error);
      const problem = registryUnreachable(host, error);
      throw isTransientError(error) ? new Transient(problem) : problem;
    }
  }

  async #judge(wanted: Wanted, answer: HttpAnswer): Promise<HttpAnswer> {
    const { status } = answer;
    if ((status >= 200 && status < 300) || wanted.expects?.includes(status)) return answer;
    const { name, authorizer, clock } = this.#options;
    const pauseMs = readRetryAfter(answer.headers["retry-after"], clock.now());
    const refusal: Refusal = { name, action: wanted.action, status, said: await readRefusal(answer) };
    if (status === 401 || status === 403) {
      throw registryDenied(refusal, await authorizer.hasCredentials(wanted.signal));
    }
    const isLimited = status === 429;
    const hasCredentials = isLimited && (await authorizer.hasCredentials(wanted.signal));
    const problem = isLimited ? registryRateLimited(refusal, hasCredentials) : registryRefused(refusal);
    throw isTransientStatus(status) ? new Transient(problem, pauseMs) : problem;
  }
}
