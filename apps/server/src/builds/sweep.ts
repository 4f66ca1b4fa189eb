import type { Clock, Logger } from "@opendepot/base";
import type { BuildEnd, BuildStore } from "../store/builds.ts";
import type { BuildEnds } from "./ends.ts";
import { announceEnd } from "./finish.ts";
import type { StartFailures } from "./start-failures.ts";

/** What the sweep takes. */
export interface SweepDeps {
  readonly builds: Pick<BuildStore, "cancelSilent" | "listEnded">;
  readonly ends: BuildEnds;
  readonly failures: StartFailures;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onEnded: (state: BuildEnd["state"]) => void;
}

/** Clients send a heartbeat every 5 s; three missed ones mean that the client is dead. */
export const SILENCE_MS = 15_000;
/** A build may wait for its client before it asks for a builder: contexts are walked, scripts do other things first. */
export const UNUSED_MS = 300_000;
/** How often to look. */
export const SWEEP_EVERY_MS = 2_500;
/** A round that comes this late means that the machine slept or the database was away: nobody could be heard. */
const DEAF_MS = 3 * SWEEP_EVERY_MS;

/**
 * Cancels builds whose clients are silent. Silence counts only while this server could have heard: since its start, and
 * since it last had to miss a round. So neither a restart nor a pause of the machine ends a build.
 */
export class Sweep {
  readonly #deps: SweepDeps;
  #hearingSince: Date;
  #lastRoundAt: Date;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
    this.#hearingSince = deps.clock.now();
    this.#lastRoundAt = this.#hearingSince;
  }

  /** One look at all builds. */
  async round(): Promise<void> {
    const now = this.#deps.clock.now();
    if (now.getTime() - this.#lastRoundAt.getTime() > DEAF_MS) this.#hearingSince = now;
    await this.#cancelSilent(now);
    await this.#announceOthers();
    this.#lastRoundAt = now; // not reached when the database was away
  }

  async #cancelSilent(now: Date): Promise<void> {
    const { builds, logger, onEnded } = this.#deps;
    const listenedMs = now.getTime() - this.#hearingSince.getTime();
    if (listenedMs < SILENCE_MS) return;
    const silence = {
      heardBefore: new Date(now.getTime() - SILENCE_MS),
      createdBefore: new Date(now.getTime() - UNUSED_MS),
    };
    const reason = `its client was silent for ${SILENCE_MS / 1000} s`;
    for (const buildId of await builds.cancelSilent(silence, reason, now)) {
      logger.warn("build canceled: its client is gone", { buildId });
      onEnded("canceled");
      announceEnd(this.#deps, buildId, reason);
    }
  }

  /** Ends that another process wrote: a second server on the database, or a deleted project. */
  async #announceOthers(): Promise<void> {
    const { builds, ends } = this.#deps;
    for (const buildId of await builds.listEnded(ends.watched())) announceEnd(this.#deps, buildId, "it has ended");
  }
}
