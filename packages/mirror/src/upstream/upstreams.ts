import { type Clock, isProblem } from "@opendepot/base";
import type { Upstream } from "./upstream.ts";
import { UpstreamClient, type UpstreamClientOptions } from "./upstream-client.ts";

/** What clients of upstreams share. */
export interface UpstreamsOptions extends Omit<UpstreamClientOptions, "upstream"> {
  /** For how long an upstream is left alone that has trouble. */
  readonly pauseMs: number;
}

interface Known {
  readonly client: UpstreamClient;
  pausedUntil: number;
  trouble: unknown;
}

/** The clients of all upstreams, which keep their connections and tokens; and how the upstreams are. */
export class Upstreams implements Disposable {
  readonly #options: UpstreamsOptions;
  readonly #known = new Map<string, Known>();
  readonly #retired: UpstreamClient[] = [];

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /**
   * Does something at an upstream, unless it had trouble a moment ago.
   *
   * @throws what the work throws, or what it threw before the pause
   */
  async ask<T>(upstream: Upstream, work: (client: UpstreamClient) => Promise<T>): Promise<T> {
    const known = this.#find(upstream);
    if (now(this.#options.clock) < known.pausedUntil) throw known.trouble;
    try {
      return await work(known.client);
    } catch (error) {
      if (isTrouble(error)) {
        known.pausedUntil = now(this.#options.clock) + this.#options.pauseMs;
        known.trouble = error;
      }
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const { client } of this.#known.values()) client[Symbol.dispose]();
    for (const client of this.#retired) client[Symbol.dispose]();
  }

  #find(upstream: Upstream): Known {
    const key = `${upstream.host} ${upstream.owner}`;
    const known = this.#known.get(key);
    if (known && isSame(known.client.upstream, upstream)) return known;
    // What it still transfers may end.
    if (known) this.#retired.push(known.client);
    const fresh = {
      client: new UpstreamClient({ ...this.#options, upstream }),
      pausedUntil: Number.NEGATIVE_INFINITY,
      trouble: undefined,
    };
    this.#known.set(key, fresh);
    return fresh;
  }
}

/** Whether an upstream cannot answer for now, as opposed to having answered something else than was hoped for. */
export function isTrouble(error: unknown): boolean {
  if (isProblem(error, "registry_unreachable") || isProblem(error, "registry_rate_limited")) return true;
  return isProblem(error, "registry_refused") && Number(error.detail["status"]) >= 500;
}

function isSame(one: Upstream, other: Upstream): boolean {
  const loginOf = ({ login }: Upstream): string => JSON.stringify([login?.username, login?.password.reveal()]);
  return (
    one.scope === other.scope &&
    one.allowsPrivate === other.allowsPrivate &&
    one.isPlainHttp === other.isPlainHttp &&
    one.tokenHost === other.tokenHost &&
    loginOf(one) === loginOf(other)
  );
}

function now(clock: Clock): number {
  return clock.now().getTime();
}
