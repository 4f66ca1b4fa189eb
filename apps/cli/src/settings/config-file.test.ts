import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { CliContext } from "../cli-context.ts";
import { createTerminal } from "../terminal/terminal.ts";
import { readSettings, settingsPath, writeSettings } from "./config-file.ts";

async function openHome(): Promise<AsyncDisposable & { context: CliContext; home: string }> {
  const home = await mkdtemp(join(tmpdir(), "depot-home-"));
  const context: CliContext = {
    terminal: createTerminal(process.stdout, process.stderr),
    stdin: async function* () {},
    environment: {},
    cwd: home,
    home,
    host: { platform: "linux", arch: "x64", name: "h" },
    signal: new AbortController().signal,
  };
  return { context, home, [Symbol.asyncDispose]: () => rm(home, { recursive: true }) };
}

test("the file lies where the hosted product's command has it", async () => {
  await using home = await openHome();
  assert.equal(settingsPath(home.context), join(home.home, ".config/depot/depot.yaml"));
  assert.equal(settingsPath({ ...home.context, environment: { XDG_CONFIG_HOME: "/x" } }), "/x/depot/depot.yaml");
  const mac = { ...home.context, host: { platform: "darwin", arch: "arm64", name: "m" } };
  assert.equal(settingsPath(mac), join(home.home, "Library/Application Support/depot/depot.yaml"));
});

test("settings survive, only their owner may read them, and other keys are kept", async () => {
  await using home = await openHome();
  assert.deepEqual(await readSettings(home.context), {});
  await mkdir(join(home.home, ".config/depot"), { recursive: true });
  await writeFile(settingsPath(home.context), "telemetry: false\napi_token: old\n", { mode: 0o644 });

  const path = await writeSettings(home.context, { api_token: "new", api_url: "http://h:1/" });

  assert.deepEqual(await readSettings(home.context), { api_token: "new", api_url: "http://h:1/" });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match(await readFile(path, "utf8"), /^telemetry: false$/m);
  assert.deepEqual(await readdir(join(path, "..")), ["depot.yaml"]);
});

test("undefined removes a key", async () => {
  await using home = await openHome();
  await writeSettings(home.context, { api_token: "t", org_id: "o" });
  await writeSettings(home.context, { api_token: undefined });
  assert.deepEqual(await readSettings(home.context), { org_id: "o" });
});

test("a place that cannot be read or written is named", async () => {
  await using home = await openHome();
  await writeFile(join(home.home, ".config"), "a file where a folder belongs");

  await assert.rejects(readSettings(home.context), (error) => isProblem(error, "config_invalid"));
  await rm(join(home.home, ".config"));
  await mkdir(join(home.home, ".config/depot/depot.yaml"), { recursive: true });
  await assert.rejects(readSettings(home.context), (error) => isProblem(error, "config_invalid"));
  await rm(join(home.home, ".config"), { recursive: true });
  await mkdir(join(home.home, `.config/depot/depot.yaml.${process.pid}.tmp`), { recursive: true });
  await assert.rejects(writeSettings(home.context, { api_token: "t" }), (error) =>
    isProblem(error, "config_unwritable"),
  );
});
