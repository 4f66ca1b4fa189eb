import type { StatusResponse } from "../../gen/moby/buildkit/v1/control.ts";
import { log, status, update, vertex } from "./events.ts";

/** How many steps run at once in {@link parallelBuild}. */
export const PARALLEL_STEPS = 60;

/** How much {@link floodingBuild} logs. */
export const FLOOD_BYTES: number = 20 * 1024 * 1024;

/**
 * A build of 60 steps that all run at once for three seconds, each with a transfer and some log, ten updates a second.
 */
export function* parallelBuild(): Generator<StatusResponse> {
  const names = Array.from({ length: PARALLEL_STEPS }, (_, index) => nameOf(index + 1));
  yield update({ vertexes: names.map((name) => vertex(name, 0)) });
  for (let tick = 1; tick <= 30; tick++) {
    const seconds = tick / 10;
    const share = (index: number): bigint => BigInt(Math.round((tick / 30) * (index + 1) * 1_000_000));
    yield update({
      statuses: names.map((name, index) => status(name, seconds, { id: `layer ${index + 1}`, current: share(index) })),
      logs: names.map((name, index) => log(name, seconds, `step ${index + 1} says ${tick} of 30\n`)),
    });
    // Every second tick one is done, so that the others have to move up.
    if (tick % 2 === 0) yield update({ vertexes: [vertex(nameOf(tick), 0, seconds)] });
  }
  yield update({ vertexes: names.map((name, index) => vertex(name, 0, 3 + index / 100)) });
}

function nameOf(number: number): string {
  return `[stage-${String(number).padStart(2, "0")} ${number}/${PARALLEL_STEPS}] RUN make -j8 target-${number}`;
}

/** A build of one step that logs 20 MB: lines of 100 characters, in pieces of 64 KiB that cut them anywhere. */
export function* floodingBuild(): Generator<StatusResponse> {
  const name = "[1/1] RUN cat everything";
  yield update({ vertexes: [vertex(name, 0)] });
  const lines = Buffer.from(
    Array.from({ length: 2_000 }, (_, index) => `${`line ${index} `.padEnd(99, ".")}\n`).join(""),
  );
  const pieceBytes = 64 * 1024;
  for (let sent = 0; sent < FLOOD_BYTES; sent += pieceBytes) {
    const from = sent % lines.length;
    const piece = Buffer.concat([lines.subarray(from), lines]).subarray(0, pieceBytes);
    yield update({ logs: [log(name, 1 + sent / FLOOD_BYTES, piece)] });
  }
  yield update({ vertexes: [vertex(name, 0, 2.5)] });
}
