import { type GatewayResult, linkTargets, refsOf } from "@opendepot/buildkit";
import type { BuilderArchitecture } from "./parts.ts";
import type { Drive } from "./solve-part.ts";

/** A target that is a context of others, or has others as contexts. */
export interface LinkedTarget {
  readonly name: string;
  /** Targets by the names of the contexts that they are. */
  readonly links: ReadonlyMap<string, string>;
  /** Of the builders that it is built on. */
  readonly architectures: readonly BuilderArchitecture[];
}

/**
 * Results of targets that are contexts of others, while all of them are being built: a result stays with its builder,
 * and whoever needs it waits for it. buildx: build/build.go `waitContextDeps`.
 */
export class TargetLinks {
  readonly #targets: ReadonlyMap<string, LinkedTarget>;
  readonly #results = new Map<string, PromiseWithResolvers<GatewayResult>>();
  readonly #signal: AbortSignal;

  /** @param signal aborts when one of the targets has failed, so that nobody waits for it */
  constructor(targets: readonly LinkedTarget[], signal: AbortSignal) {
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const { reject } of this.#results.values()) reject(signal.reason);
    });
  }

  /** Drives the solve of a target on one builder; undefined for a target that no other one has to do with. */
  driveOf(name: string, architecture: BuilderArchitecture): Drive | undefined {
    const links = this.#targets.get(name)?.links ?? new Map<string, string>();
    const users = [...this.#targets.values()].filter(
      (target) => [...target.links.values()].includes(name) && target.architectures.includes(architecture),
    );
    if (links.size === 0 && users.length === 0) return undefined;
    return async (gateway, request) => {
      const linked = await Promise.all(
        [...links].map(async ([contextName, inputName]) => ({
          contextName,
          inputName,
          result: await this.#resultOf(inputName, architecture),
        })),
      );
      const result = await gateway.solve(linkTargets(request, linked));
      this.#slotOf(name, architecture).resolve(result);
      if (users.length === 0) return result;
      // A result lives as long as its build: those who use it on this builder have to have taken it first.
      await Promise.all(users.map((user) => this.#resultOf(user.name, architecture)));
      await Promise.all(refsOf(result).map((ref) => gateway.evaluate(ref)));
      return result;
    };
  }

  #resultOf(name: string, architecture: BuilderArchitecture): Promise<GatewayResult> {
    this.#signal.throwIfAborted();
    return this.#slotOf(name, architecture).promise;
  }

  #slotOf(name: string, architecture: BuilderArchitecture): PromiseWithResolvers<GatewayResult> {
    const key = `${architecture} ${name}`;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const slot = Promise.withResolvers<GatewayResult>();
    slot.promise.catch(() => undefined); // told to those who wait
    this.#results.set(key, slot);
    return slot;
  }
}
