import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { createTerminal } from "../terminal/terminal.ts";
import type { Lease } from "./lease.ts";
import { type SavedTelling, tellSaved } from "./tell-saved.ts";

function told(
  tags: readonly string[],
  { targets = [], isQuiet = false }: Partial<SavedTelling> = {},
  environment: Readonly<Record<string, string>> = {},
): string {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const names = ["b1", ...tags].map((tag) => `127.0.0.1:8700/p1:${tag}`);
  const saving = { names, credentials: [], serverUrl: new URL("http://127.0.0.1:8700") };
  const lease = { saving, buildId: "b1", projectId: "p1" } as unknown as Lease;
  tellSaved({ lease, targets, isQuiet }, { environment, terminal: createTerminal(stdout, stderr) });
  assert.equal(stdout.read(), null);
  return String(stderr.read() ?? "");
}

test("what was saved is told with the commands that get it", () => {
  const text = told([]);

  assert.match(text, /depot pull --project p1 b1\n/);
  assert.match(text, /depot push --project p1 -t REGISTRY\/IMAGE:TAG b1\n/);
  assert.doesNotMatch(text, /docker/);
});

test("tags are told with a login for other clients", () => {
  assert.match(
    told(["v1"]),
    /depot pull-token --project p1 \| docker login 127\.0\.0\.1:8700 -u x-token --password-stdin\n/,
  );
  assert.match(told(["v1"]), /docker pull 127\.0\.0\.1:8700\/p1:v1\n$/);
});

test("targets are told by their names", () => {
  const text = told(["v1"], { targets: ["web", "api"] });

  assert.match(text, /Saved: web, api\n/);
  assert.match(text, /depot push --project p1 --target TARGET -t /);
  assert.match(text, /docker pull 127\.0\.0\.1:8700\/p1:v1-web\n.*docker pull 127\.0\.0\.1:8700\/p1:v1-api\n$/s);
});

test("nothing is told to those who asked for quiet", () => {
  assert.equal(told(["v1"], { isQuiet: true }), "");
  assert.equal(told(["v1"], {}, { DEPOT_NO_SUMMARY_LINK: "1" }), "");
});
