import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("what was not used for longest goes first", () => {
  const map = new RecentMap<string>(2);
  map.set("a", "1");
  map.set("b", "2");
  map.get("a");

  map.set("c", "3");

  assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], ["1", undefined, "3"]);
});

test("a heavy entry pushes out several light ones, and itself if it is too heavy", () => {
  const map = new RecentMap<string>(10);
  for (const key of ["a", "b", "c"]) map.set(key, key, 3);

  map.set("d", "d", 7);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.get("d")], [undefined, undefined, "c", "d"]);

  map.set("e", "e", 11);
  assert.deepEqual([map.get("c"), map.get("d"), map.get("e")], [undefined, undefined, undefined]);
});

test("an entry that is set again weighs what it weighs now", () => {
  const map = new RecentMap<string>(10);
  map.set("a", "old", 9);
  map.set("a", "new", 1);

  map.set("b", "b", 9);

  assert.deepEqual([map.get("a"), map.get("b")], ["new", "b"]);
});
