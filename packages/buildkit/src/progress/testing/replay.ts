import type { Timestamp } from "../../gen/google/protobuf/timestamp.ts";
import type { StatusResponse } from "../../gen/moby/buildkit/v1/control.ts";
import type { ProgressDisplay } from "../display.ts";
import { toMs } from "../timestamp.ts";
import type { ManualClock } from "./manual-clock.ts";

/** Gives recorded updates to a display, with the time between them passing on the clock. */
export async function replay(
  display: Pick<ProgressDisplay, "update">,
  updates: readonly StatusResponse[],
  clock: ManualClock,
): Promise<void> {
  let lastMs: number | undefined;
  for (const update of updates) {
    const nowMs = timesOf(update).reduce<number | undefined>(
      (last, time) => Math.max(last ?? 0, toMs(time)),
      undefined,
    );
    await clock.advance(Math.round(Math.max(0, (nowMs ?? 0) - (lastMs ?? nowMs ?? 0))));
    display.update(update);
    lastMs = Math.max(lastMs ?? 0, nowMs ?? 0) || undefined;
  }
}

function timesOf({ vertexes, statuses, logs }: StatusResponse): Timestamp[] {
  const times = [...vertexes.map(({ completed, started }) => completed ?? started), ...statuses, ...logs];
  return times.flatMap((time) => (time === undefined ? [] : "seconds" in time ? [time] : (time.timestamp ?? [])));
}
