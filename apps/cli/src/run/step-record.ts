import type { StatusSink } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";

/** Passes the client's own steps on to a display and keeps what they said, to be reported to the server. */
export interface StepRecord extends StatusSink {
  /** What was said since the last call. */
  take(): StatusResponse;
}

/** A record in front of `display`. */
export function createStepRecord(display: StatusSink): StepRecord {
  let kept = emptyStatus();
  return {
    update(status) {
      kept.vertexes.push(...status.vertexes);
      kept.statuses.push(...status.statuses);
      kept.logs.push(...status.logs);
      display.update(status);
    },
    take() {
      const taken = kept;
      kept = emptyStatus();
      return taken;
    },
  };
}

function emptyStatus(): StatusResponse {
  return { vertexes: [], statuses: [], logs: [], warnings: [] };
}
