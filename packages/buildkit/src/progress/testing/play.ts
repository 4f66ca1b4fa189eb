/**
 * Plays a recorded build on the terminal of stderr: `node play.ts build.rawjson`. With a second argument the process
 * kills itself after that many updates.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openProgress } from "../display.ts";
import { recordedUpdates } from "./recording.ts";

const [, , recording = "build.rawjson", updatesToLive = "Infinity"] = process.argv;
await using display = await openProgress({ mode: "tty", stream: process.stderr, description: "a recording" });
for (const [index, update] of recordedUpdates(recording).entries()) {
  display.update(update);
  await sleep(10);
  if (index >= Number(updatesToLive)) process.kill(process.pid, "SIGKILL");
}
