import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { MAX_RUN_FOLDER_BYTES } from "../engine/engine.ts";
import { makeRunFolder } from "./run-folder.ts";

test("sockets go to the preferred place when names are short there", async () => {
  await using base = await mkdtempDisposable(path.join(tmpdir(), "od-"));
  const options = { folder: "/data/builders/one", preferred: path.join(base.path, "run") };

  const [folder, again] = [await makeRunFolder(options), await makeRunFolder(options)];

  assert.equal(path.dirname(folder), options.preferred);
  assert.equal(again, folder);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test("a data folder with a long name gets a short run folder elsewhere", async () => {
  await using base = await mkdtempDisposable(path.join(tmpdir(), "od-"));
  const preferred = path.join(base.path, "a".repeat(100), "run");
  const fallbacks = [path.join(base.path, "short")];

  const folder = await makeRunFolder({ folder: "/data/builders/one", preferred, fallbacks });

  assert.equal(path.dirname(folder), fallbacks[0]);
  assert.ok(folder.length <= MAX_RUN_FOLDER_BYTES);
});

test("builders never share a run folder", async () => {
  await using base = await mkdtempDisposable(path.join(tmpdir(), "od-"));

  const one = await makeRunFolder({ folder: "/data/builders/one", preferred: base.path });
  const other = await makeRunFolder({ folder: "/data/builders/other", preferred: base.path });

  assert.notEqual(one, other);
});

test("where no place is short enough there is a clear problem", async () => {
  const preferred = `/tmp/${"a".repeat(100)}`;

  await assert.rejects(makeRunFolder({ folder: "/x", preferred, fallbacks: [] }), (error) => {
    return isProblem(error, "engine_start_failed") && error.message.includes(preferred);
  });
});

test("a place that cannot be written is passed over", async () => {
  await using base = await mkdtempDisposable(path.join(tmpdir(), "od-"));
  const fallback = path.join(base.path, "ok");
  await mkdir(fallback);

  const folder = await makeRunFolder({ folder: "/x", preferred: "/dev/null/run", fallbacks: [fallback] });

  assert.equal(path.dirname(folder), fallback);
});
