import type { StatusResponse } from "../../gen/moby/buildkit/v1/control.ts";
import { openProgress, type ProgressDisplay, type ProgressMode, type ProgressOptions } from "../display.ts";
import { startMs } from "./events.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryStream } from "./memory-stream.ts";

/** A display over a stream in memory, and a clock that stands at the start of the tests' builds. */
export interface Shown {
  readonly display: ProgressDisplay;
  readonly clock: ManualClock;
  readonly stream: MemoryStream;
}

/** Opens a display of `mode`; on a terminal of `size` if there is one, else on a file. */
export async function show(
  mode: ProgressMode,
  size?: { readonly columns: number; readonly rows: number },
  more: Partial<ProgressOptions> = {},
): Promise<Shown> {
  const clock = new ManualClock(startMs);
  const stream = new MemoryStream(size);
  return { display: await openProgress({ mode, stream, clock, ...more }), clock, stream };
}

/** What a file holds after a build in plain mode. */
export async function plainText(updates: readonly StatusResponse[]): Promise<string> {
  const { display, clock, stream } = await show("plain");
  for (const update of updates) {
    display.update(update);
    await clock.advance(200);
  }
  await display.finish();
  return stream.text;
}
