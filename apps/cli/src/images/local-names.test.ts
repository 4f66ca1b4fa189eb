import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFamiliar, parseNormalizedReference } from "@opendepot/oci";
import { localNames } from "./local-names.ts";

const place = "127.0.0.1:8700/p1:b1";

function names(tags: readonly string[], own: readonly string[], target?: string, isOneOfSeveral = false): string[] {
  const image = { reference: parseNormalizedReference(place), tags: own, target };
  return localNames(image, { tags, isOneOfSeveral }).map(formatFamiliar);
}

test("an image keeps its place, and gets the names of its build", () => {
  assert.deepEqual(names([], ["acme/app:1", "app"]), [place, "acme/app:1", "app:latest"]);
  assert.deepEqual(names([], []), [place]);
});

test("names that were asked for take the place of those", () => {
  assert.deepEqual(names(["mine:2"], ["acme/app:1"]), [place, "mine:2"]);
});

test("of several targets each has its name behind those that were asked for, and behind no others", () => {
  assert.deepEqual(names(["mine:2", "mine"], ["acme/web:1"], "web", true), [place, "mine:2-web", "mine-web:latest"]);
  assert.deepEqual(names([], ["acme/web:1"], "web", true), [place, "acme/web:1"]);
  assert.deepEqual(names(["mine:2"], [], "web"), [place, "mine:2"]);
});
