import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("no more work at once than there are places, in the order of coming, and a failure gives its place back", async () => {
  const turns = new Turns(2);
  const doors = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const works = doors.map((door, index) =>
    turns.take(async () => {
      begun.push(index);
      await door.promise;
      return index;
    }),
  );

  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  doors[0]?.reject(new Error("no"));
  await assert.rejects(works[0] ?? Promise.resolve(), /no/);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const door of doors.slice(1)) door.resolve();
  assert.deepEqual(await Promise.all(works.slice(1)), [1, 2, 3]);
});
