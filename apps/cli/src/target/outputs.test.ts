import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { type OutputSurroundings, parseOutput, resolveOutput } from "./outputs.ts";

const piped: OutputSurroundings = { cwd: "/nowhere", isStdoutTerminal: false, tags: [] };

suite("output specs", () => {
  test("a bare path is a folder and a dash is a tar on stdout", () => {
    assert.deepEqual(parseOutput("out/dir"), { type: "local", dest: "out/dir", attributes: {} });
    assert.deepEqual(parseOutput("-"), { type: "tar", dest: "-", attributes: {} });
  });

  test("fields are read without regard to case and blanks in their keys", () => {
    assert.deepEqual(parseOutput("type=oci, DEST=a.tar,compression=zstd"), {
      type: "oci",
      dest: "a.tar",
      attributes: { compression: "zstd" },
    });
    assert.deepEqual(parseOutput('type=tar,"dest=a,b"'), { type: "tar", dest: "a,b", attributes: {} });
  });

  for (const bad of ["type=", "dest=x,name=y", "type=tar,dest", 'type=tar,"dest', ""]) {
    test(`${JSON.stringify(bad)} is refused`, () =>
      assert.throws(
        () => parseOutput(bad),
        (error) => isProblem(error, "output_invalid"),
      ));
  }
});

suite("outputs", () => {
  test("archives without a destination go to stdout, but never to a terminal", async () => {
    const output = await resolveOutput(parseOutput("type=oci"), piped);
    assert.deepEqual(output?.target, { kind: "stdout" });

    await assert.rejects(resolveOutput(parseOutput("type=tar"), { ...piped, isStdoutTerminal: true }), (error) =>
      isProblem(error, "output_invalid"),
    );
  });

  test("tags name images and only images", async () => {
    const tagged = { ...piped, tags: ["a:1", "b"] };
    assert.equal((await resolveOutput(parseOutput("type=oci,dest=x"), tagged))?.attributes["name"], "a:1,b");
    assert.equal((await resolveOutput(parseOutput("type=oci,dest=x,name=own"), piped))?.attributes["name"], "own");
    assert.equal((await resolveOutput(parseOutput("x"), tagged))?.attributes["name"], undefined);
  });

  test("cacheonly is no output", async () =>
    assert.equal(await resolveOutput(parseOutput("type=cacheonly"), piped), undefined));

  test("what a later version will do says so", async () => {
    for (const spec of [
      "type=image,name=x",
      "type=registry",
      "type=docker",
      "type=oci,tar=false,dest=x",
      "type=local,dest=x,mode=delete",
    ]) {
      await assert.rejects(resolveOutput(parseOutput(spec), piped), (error) => isProblem(error, "flag_not_yet"), spec);
    }
  });

  test("destinations of the wrong kind are refused", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "depot-outputs-"));
    await mkdir(join(cwd, "folder"));
    await writeFile(join(cwd, "file"), "");
    try {
      for (const spec of [
        "file",
        "type=tar,dest=folder",
        "type=local",
        "type=local,dest=-",
        "type=local,dest=x,mode=move",
        "type=zip,dest=x",
      ]) {
        await assert.rejects(
          resolveOutput(parseOutput(spec), { ...piped, cwd }),
          (error) => isProblem(error, "output_invalid"),
          spec,
        );
      }
      assert.deepEqual((await resolveOutput(parseOutput("new/folder"), { ...piped, cwd }))?.target, {
        kind: "folder",
        path: join(cwd, "new/folder"),
      });
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  test("a misspelt type names the nearest one", async () => {
    await assert.rejects(
      resolveOutput(parseOutput("type=dcoker,dest=x"), piped),
      (error) => isProblem(error) && /type=docker/.test(error.hint ?? ""),
    );
  });
});
