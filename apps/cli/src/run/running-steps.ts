import type { StatusSink } from "@opendepot/buildkit";
import type { StatusResponse, Vertex } from "@opendepot/buildkit/wire";

/** Follows an engine's status on its way to a display, to end what the engine can no longer end itself. */
export interface RunningSteps extends StatusSink {
  /** Shows the steps that were running as canceled: their engine was lost. */
  cancel(now: Date): void;
}

/** BuildKit's own words, by which displays tell a canceled step from a failed one. */
const CANCELED = "context canceled";

/** Follows status in front of `display`. */
export function createRunningSteps(display: StatusSink): RunningSteps {
  const running = new Map<string, Vertex>();
  return {
    update(status: StatusResponse): void {
      for (const vertex of status.vertexes) {
        if (vertex.started && !vertex.completed) running.set(vertex.digest, vertex);
        else running.delete(vertex.digest);
      }
      display.update(status);
    },
    cancel(now) {
      const ms = now.getTime();
      const completed = { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
      const vertexes = [...running.values()].map((vertex) => ({ ...vertex, completed, error: CANCELED }));
      running.clear();
      if (vertexes.length > 0) display.update({ vertexes, statuses: [], logs: [], warnings: [] });
    },
  };
}
