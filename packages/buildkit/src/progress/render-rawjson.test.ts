import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toRawJson } from "./render-rawjson.ts";
import { log, update, vertex } from "./testing/events.ts";
import { recordedUpdates, testdataLines } from "./testing/recording.ts";
import { show } from "./testing/show.ts";

describe("rawjson progress", () => {
  for (const name of ["build", "cached", "failing", "build.history"]) {
    it(`is byte for byte what buildctl printed: ${name}`, async () => {
      const { display, stream } = await show("rawjson");
      for (const update of recordedUpdates(`${name}.rawjson`)) display.update(update);
      await display.finish();
      assert.deepEqual(stream.text.split("\n"), [...testdataLines(`${name}.rawjson`), ""]);
    });
  }

  it("is one line and valid JSON for any text, and keeps bytes that are no text", () => {
    const text = toRawJson(
      update({ vertexes: [vertex('<a>\n\u2028&"')], logs: [log("a", 0, Buffer.from([0xff, 0x0a]))] }),
    );
    assert.doesNotMatch(text, /[\n<>&]/);
    const parsed: { vertexes: { name: string }[]; logs: { data: string }[] } = JSON.parse(text);
    assert.equal(parsed.vertexes[0]?.name, '<a>\n\u2028&"');
    assert.equal(parsed.logs[0]?.data, "/wo=");
  });

  it("shows progress groups and leaves out what is empty", () => {
    const group = { progressGroup: { id: "g", name: "group", weak: true } };
    assert.equal(
      toRawJson(update({ vertexes: [vertex("a", 0, undefined, group)] })),
      '{"vertexes":[{"digest":"sha256:a","name":"a","started":"2026-01-02T03:04:05Z","progressGroup":{"id":"g","name":"group","weak":true}}]}',
    );
  });
});
