import { onAbort } from "@opendepot/base";

import type { Caller } from "./contract.ts";
import type { GatewayLimits } from "./options.ts";
import { limitExceeded } from "./problems.ts";
import { SecretValues } from "./secrets/secret-values.ts";
import type { RequestBudget } from "./unary-request.ts";

/** Kinds of names that belong to one build on an engine. */
export type ClaimKind = "ref" | "session";

const MAX_CLAIMS = 10_000;
const MAX_NAME_LENGTH = 256;

/**
 * What is known of one build on one engine, over all its connections: which solves and sessions are its own,
 * and how much it takes up.
 */
export class BuildScope implements RequestBudget {
  readonly caller: Caller;
  /** What the build's clients gave its engine and nobody else may see. */
  readonly secrets: SecretValues = new SecretValues();
  readonly #limits: GatewayLimits;
  readonly #owners: Map<string, BuildScope>;
  readonly #owned = new Set<string>();
  readonly #waiting = new Set<() => void>();
  readonly #counts = { connection: 0, call: 0, session: 0 };
  #heldBytes = 0;
  #isForgotten = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** @package Made by {@link BuildScopes} only. */
  constructor(caller: Caller, limits: GatewayLimits, owners: Map<string, BuildScope>) {
    this.caller = caller;
    this.#limits = limits;
    this.#owners = owners;
  }

  /**
   * Makes a name this build's own; false when it is another's. The first who uses a name owns it, until its build
   * is forgotten: BuildKit would let a second session of the same id take the first one's place.
   *
   * @throws {Problem} `limit_exceeded`
   */
  claim(kind: ClaimKind, name: string): boolean {
    const key = this.#keyOf(kind, name);
    const owner = this.#owners.get(key);
    if (owner) return owner === this;
    if (this.#isForgotten) return false;
    if (this.#owned.size >= MAX_CLAIMS) throw limitExceeded("the build has started too many solves and sessions");
    if (name.length > MAX_NAME_LENGTH) throw limitExceeded(`a ${kind} may have ${MAX_NAME_LENGTH} characters at most`);
    this.#owners.set(key, this);
    this.#owned.add(key);
    for (const wake of [...this.#waiting]) wake();
    return true;
  }

  /**
   * Whether a name is this build's own. Calls of one solve overtake each other, so an unknown name may turn up
   * shortly: it is waited for up to the limit, or until `signal` aborts.
   */
  async owns(kind: ClaimKind, name: string, signal: AbortSignal): Promise<boolean> {
    const key = this.#keyOf(kind, name);
    if (this.#owners.has(key) || signal.aborted) return this.#owned.has(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      if (this.#owned.has(key)) resolve();
    };
    const timer = setTimeout(resolve, this.#limits.claimTimeoutMs);
    const onAbort = (): void => resolve();
    this.#waiting.add(wake);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
    this.#waiting.delete(wake);
    clearTimeout(timer);
    return this.#owned.has(key);
  }

  /**
   * Counts one more of something, until the result is disposed of.
   *
   * @throws {Problem} `limit_exceeded`
   */
  enter(what: "connection" | "call" | "session"): Disposable {
    const { maxConnectionsPerBuild, maxCallsPerBuild, maxSessionsPerBuild } = this.#limits;
    const limit = { connection: maxConnectionsPerBuild, call: maxCallsPerBuild, session: maxSessionsPerBuild }[what];
    if (this.#counts[what] >= limit) throw limitExceeded(`the build has ${limit} ${what}s open already`);
    this.#counts[what]++;
    let isLeft = false;
    return {
      [Symbol.dispose]: () => {
        if (!isLeft) this.#counts[what]--;
        isLeft = true;
      },
    };
  }

  take(bytes: number): void {
    const limit = this.#limits.maxHeldBytesPerBuild;
    if (this.#heldBytes + bytes > limit) throw limitExceeded(`the build has ${limit} bytes of requests under way`);
    this.#heldBytes += bytes;
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return await turn;
  }

  /** @package */
  forget(): void {
    this.#isForgotten = true;
    for (const key of this.#owned) this.#owners.delete(key);
    this.#owned.clear();
  }

  #keyOf(kind: ClaimKind, name: string): string {
    return `${this.caller.builderId} ${kind} ${name}`;
  }
}

/** The builds that the gateway knows. Each is remembered until its admission ends, however often it reconnects. */
export class BuildScopes {
  readonly #limits: GatewayLimits;
  readonly #scopes = new Map<string, BuildScope>();
  readonly #owners = new Map<string, BuildScope>();
  /** Signals that are listened to already: connections of one build may share theirs. */
  readonly #watched = new WeakSet<AbortSignal>();

  constructor(limits: GatewayLimits) {
    this.#limits = limits;
  }

  /** The build's scope, the same for all its connections to one builder; forgotten with all its claims at `ended`. */
  of(caller: Caller, ended: AbortSignal): BuildScope {
    const key = `${caller.builderId} ${caller.buildId}`;
    const scope = this.#scopes.get(key) ?? new BuildScope(caller, this.#limits, this.#owners);
    this.#scopes.set(key, scope);
    if (this.#watched.has(ended)) return scope;
    this.#watched.add(ended);
    onAbort(ended, () => {
      if (this.#scopes.get(key) === scope) this.#scopes.delete(key);
      scope.forget();
    });
    return scope;
  }
}
