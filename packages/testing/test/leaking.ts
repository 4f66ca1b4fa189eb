/** A test file whose only test passes and leaves open what its argument says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { checkLeaks } from "../src/leak-check.ts";

checkLeaks({ graceMs: 300 });

const left: Record<string, () => unknown> = {
  nothing: () => undefined,
  server: () => once(createServer().listen(0), "listening"),
  process: () => once(spawn("sleep", ["2"], { stdio: "ignore" }), "spawn"),
  timer: () => setTimeout(() => undefined, 2_000),
  "short timer": () => setTimeout(() => undefined, 50),
  "unreferenced timer": () => setTimeout(() => undefined, 2_000).unref(),
};

test("leaves it open", async () => {
  await left[process.argv[2] ?? ""]?.();
});
