import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusResponse, Vertex } from "@opendepot/buildkit/wire";
import { createRunningSteps } from "./running-steps.ts";

const at = (seconds: number): NonNullable<Vertex["started"]> => ({ seconds: BigInt(seconds), nanos: 0 });
const vertex = (digest: string, times: Partial<Vertex>): Vertex => ({
  digest,
  inputs: [],
  name: digest,
  cached: false,
  error: "",
  ...times,
});
const status = (...vertexes: Vertex[]): StatusResponse => ({ vertexes, statuses: [], logs: [], warnings: [] });

test("only what was running when the engine was lost is shown as canceled, and only once", () => {
  const shown: StatusResponse[] = [];
  const steps = createRunningSteps({ update: (update) => shown.push(update) });
  steps.update(
    status(
      vertex("waiting", {}),
      vertex("running", { started: at(1) }),
      vertex("done", { started: at(1), completed: at(2) }),
    ),
  );
  steps.update(status(vertex("ended", { started: at(1) })));
  steps.update(status(vertex("ended", { started: at(1), completed: at(3) })));

  steps.cancel(new Date(5_250));
  steps.cancel(new Date(6_000));

  assert.equal(shown.length, 4);
  assert.deepEqual(shown.at(-1)?.vertexes, [
    {
      ...vertex("running", { started: at(1) }),
      completed: { seconds: 5n, nanos: 250_000_000 },
      error: "context canceled",
    },
  ]);
});
