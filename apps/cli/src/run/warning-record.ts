import type { StatusSink } from "@opendepot/buildkit";
import type { StatusResponse } from "@opendepot/buildkit/wire";

/** Passes status on to a display and keeps its warnings, for the metadata file. */
export interface WarningRecord extends StatusSink {
  readonly warnings: readonly StatusResponse["warnings"][number][];
}

/** A record in front of `display`. */
export function createWarningRecord(display: StatusSink): WarningRecord {
  const warnings: StatusResponse["warnings"][number][] = [];
  return {
    warnings,
    update(status) {
      warnings.push(...status.warnings);
      display.update(status);
    },
  };
}
