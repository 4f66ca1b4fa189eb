import { serverStopping } from "../problems.ts";
import type { BuildStore } from "../store/builds.ts";
import type { BuildEnds } from "./ends.ts";
import { type FinishDeps, finishBuild } from "./finish.ts";

/** What cutting builds takes. */
export interface CutDeps extends FinishDeps {
  readonly builds: Pick<BuildStore, "finish" | "listEnded">;
  readonly ends: BuildEnds;
}

/** Clients report the end of a build at once when their connection to the builder breaks. */
const LAST_WORDS_MS = 2000;
const LOOK_MS = 50;

/**
 * Ends what builds do through this process, which is about to stop. Their clients have a moment to report how they
 * ended; those that do not are noted as canceled, which a later word of their clients replaces.
 */
export async function cutBuilds(deps: CutDeps): Promise<void> {
  let open: readonly string[] = deps.ends.watched();
  for (const buildId of open) deps.ends.end(buildId, serverStopping());
  for (let waited = 0; open.length > 0 && waited < LAST_WORDS_MS; waited += LOOK_MS) {
    await deps.clock.sleep(LOOK_MS);
    const ended = new Set(await deps.builds.listEnded(open));
    open = open.filter((buildId) => !ended.has(buildId));
  }
  const reason = "the server was stopped while it ran";
  for (const buildId of open) await finishBuild(deps, buildId, { state: "canceled", by: "server", reason });
}
