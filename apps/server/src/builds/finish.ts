import type { Clock, Logger } from "@opendepot/base";
import { buildEnded } from "../problems.ts";
import type { BuildEnd, BuildStore } from "../store/builds.ts";
import type { BuildEnds } from "./ends.ts";
import type { StartFailures } from "./start-failures.ts";

/** What ending a build takes. */
export interface FinishDeps {
  readonly builds: Pick<BuildStore, "finish">;
  readonly ends: Pick<BuildEnds, "end">;
  readonly failures: Pick<StartFailures, "forget">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each build that ended. */
  readonly onEnded: (state: BuildEnd["state"]) => void;
}

/**
 * Ends a build: state, leases, and at once whatever it still does at the gateway. Ending it again changes nothing.
 * Returns whether this call ended it.
 */
export async function finishBuild(deps: FinishDeps, buildId: string, end: Omit<BuildEnd, "at">): Promise<boolean> {
  const isEnded = await deps.builds.finish(buildId, { ...end, at: deps.clock.now() });
  if (isEnded) {
    deps.logger.info("build ended", { buildId, state: end.state, by: end.by });
    deps.onEnded(end.state);
  }
  announceEnd(deps, buildId, end.reason ?? end.state);
  return isEnded;
}

/** Cuts what the build still does in this process. */
export function announceEnd(deps: Pick<FinishDeps, "ends" | "failures">, buildId: string, how: string): void {
  deps.ends.end(buildId, buildEnded(buildId, how));
  deps.failures.forget(buildId);
}
