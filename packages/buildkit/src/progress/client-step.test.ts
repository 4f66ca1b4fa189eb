import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatusResponse } from "../gen/moby/buildkit/v1/control.ts";
import { openStep } from "./client-step.ts";
import { show } from "./testing/show.ts";

describe("openStep", () => {
  it("looks like a step of the engine", async () => {
    const { display, clock, stream } = await show("plain");
    const step = openStep(display, "[depot] launching amd64 machine", clock);
    await clock.advance(500);
    step.log("waking up\ncache volume attached");
    step.status("starting engine", { current: 20, total: 20, isDone: true });
    await clock.advance(1000);
    step.done();
    await display.finish();
    assert.equal(
      stream.text,
      [
        "#1 [depot] launching amd64 machine",
        "#1 0.500 waking up",
        "#1 0.500 cache volume attached",
        "#1 starting engine 20B / 20B done",
        "#1 DONE 1.5s",
        "",
      ].join("\n"),
    );
  });

  it("shows why it failed", async () => {
    const { display, clock, stream } = await show("plain");
    openStep(display, "[depot] connecting", clock).fail(new Error("nobody answers"));
    await display.finish();
    assert.match(stream.text, /^#1 ERROR: nobody answers$/m);
  });

  it("keeps its digest, which no other step has, and says nothing after its end", () => {
    const updates: StatusResponse[] = [];
    const sink = { update: (status: StatusResponse) => void updates.push(status) };
    const [one, other] = [openStep(sink, "same name"), openStep(sink, "same name")];
    assert.match(one.digest, /^sha256:[0-9a-f]{64}$/);
    assert.notEqual(one.digest, other.digest);
    one.done();
    one.fail(new Error("too late"));
    one.log("too late");
    assert.deepEqual(
      updates.flatMap(({ vertexes }) => vertexes.map(({ digest }) => digest)),
      [one.digest, other.digest, one.digest],
    );
  });
});
