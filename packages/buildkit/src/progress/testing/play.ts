/**
 * Plays a build on the terminal of stderr: `node play.ts build.rawjson`, or `parallel`, or `flood`. With a second
 * argument the process kills itself after that many updates.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusResponse } from "../../gen/moby/buildkit/v1/control.ts";
import { openProgress } from "../display.ts";
import { floodingBuild, parallelBuild } from "./load.ts";
import { recordedUpdates } from "./recording.ts";

const [, , name = "build.rawjson", updatesToLive = "Infinity"] = process.argv;

/** The updates, and how long to wait after each. */
function choose(): { readonly updates: Iterable<StatusResponse>; readonly pauseMs: number } {
  if (name === "parallel") return { updates: parallelBuild(), pauseMs: 50 };
  if (name === "flood") return { updates: floodingBuild(), pauseMs: 0 };
  return { updates: recordedUpdates(name), pauseMs: 10 };
}

await using display = await openProgress({ mode: "tty", stream: process.stderr, description: "a recording" });
const { updates, pauseMs } = choose();
let count = 0;
for (const update of updates) {
  display.update(update);
  await sleep(pauseMs);
  if (count++ >= Number(updatesToLive)) process.kill(process.pid, "SIGKILL");
}
