import type { Clock } from "@opendepot/base";
import { builderIdOf } from "../ids.ts";
import type { Build, BuildStore } from "../store/builds.ts";
import type { LeaseStore } from "../store/leases.ts";

/** What a heartbeat takes. */
export interface HeartbeatDeps {
  readonly builds: Pick<BuildStore, "heartbeat">;
  readonly leases: Pick<LeaseStore, "find">;
  readonly clock: Clock;
}

/**
 * Notes that a build's client lives. Returns when the build is to be given up: now, if it has ended meanwhile.
 *
 * The hosted product's CLI loses that answer if it comes before it has a connection to a builder, and then stops
 * sending heartbeats; so nothing is said to a build that never got one. Its next GetBuildKitConnection says it.
 */
export async function noteHeartbeat(
  deps: HeartbeatDeps,
  build: Build,
  architecture: string,
): Promise<Date | undefined> {
  const now = deps.clock.now();
  if (await deps.builds.heartbeat(build.id, now)) return undefined;
  const lease = await deps.leases.find(build.id, builderIdOf(build.projectId, architecture));
  return lease?.activatedAt ? now : undefined;
}
