import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseOutput } from "@opendepot/buildflags";
import { type Output, type OutputSurroundings, resolveOutputs } from "./outputs.ts";

const piped: OutputSurroundings = {
  cwd: "/nowhere",
  isStdoutTerminal: false,
  tags: [],
  isPushed: false,
  isLoaded: false,
  annotations: {},
  isLocalDeleteAllowed: false,
};

async function resolveOutput(text: string, around: OutputSurroundings = piped): Promise<Output | undefined> {
  const [output] = await resolveOutputs([parseOutput(text)], around);
  return output;
}

function targetOf(output: Output | undefined): unknown {
  return output?.kind === "files" ? output.target : undefined;
}

suite("outputs", () => {
  test("archives without a destination go to stdout, but never to a terminal", async () => {
    const output = await resolveOutput("type=oci", piped);
    assert.deepEqual(targetOf(output), { kind: "stdout" });

    await assert.rejects(resolveOutput("type=tar", { ...piped, isStdoutTerminal: true }), (error) =>
      isProblem(error, "output_invalid"),
    );
  });

  test("tags name images and only images", async () => {
    const tagged = { ...piped, tags: ["a:1", "b"] };
    assert.equal((await resolveOutput("type=oci,dest=x", tagged))?.attributes["name"], "a:1,b");
    assert.equal((await resolveOutput("type=oci,dest=x,name=own", piped))?.attributes["name"], "own");
    assert.equal((await resolveOutput("x", tagged))?.attributes["name"], undefined);
  });

  test("cacheonly is no output", async () => assert.equal(await resolveOutput("type=cacheonly", piped), undefined));

  test("images stay with the builder, are pushed, or are loaded", async () => {
    const named = { ...piped, tags: ["a/b:1"] };
    assert.deepEqual(await resolveOutput("type=image", named), { kind: "image", attributes: { name: "a/b:1" } });
    assert.deepEqual(await resolveOutput("type=registry", named), {
      kind: "image",
      attributes: { unpack: "false", push: "true", name: "a/b:1" },
    });
    assert.deepEqual(await resolveOutput("type=docker,context=other", piped), {
      kind: "load",
      attributes: {},
      dockerContext: "other",
    });
  });

  test("--push turns images into pushed ones, and adds one where there is none", async () => {
    const pushed = { ...piped, tags: ["a"], isPushed: true };
    const kept = await resolveOutputs([parseOutput("type=image,unpack=true")], pushed);
    const added = await resolveOutputs([parseOutput("type=tar,dest=x")], pushed);

    assert.deepEqual(kept, [{ kind: "image", attributes: { unpack: "true", push: "true", name: "a" } }]);
    assert.deepEqual(
      added.map(({ kind }) => kind),
      ["files", "image"],
    );
    await assert.rejects(resolveOutputs([], { ...pushed, tags: [] }), (error) => isProblem(error, "output_invalid"));
  });

  test("--load is never lost beside another output", async () => {
    const loaded = { ...piped, tags: ["a"], isLoaded: true, isPushed: true };
    const outputs = await resolveOutputs([parseOutput("type=local,dest=x")], loaded);

    assert.deepEqual(
      outputs.map(({ kind }) => kind),
      ["files", "image", "load"],
    );
    assert.equal((await resolveOutputs([parseOutput("type=docker")], loaded)).length, 2);
  });

  test("annotations reach every output", async () => {
    const annotated = { ...piped, annotations: { "annotation.k": "v" } };
    assert.deepEqual((await resolveOutput("type=oci", annotated))?.attributes, { "annotation.k": "v" });
  });

  test("a folder is emptied only below the working folder, or when that is allowed", async () => {
    const spec = "type=local,dest=/elsewhere,mode=delete";
    await assert.rejects(resolveOutput(spec), (error) => isProblem(error, "output_invalid"));
    await assert.rejects(resolveOutput("type=local,dest=.,mode=delete"), (error) => isProblem(error, "output_invalid"));
    assert.deepEqual(targetOf(await resolveOutput("type=local,dest=out,mode=delete")), {
      kind: "folder",
      path: "/nowhere/out",
      isMirrored: true,
    });
    assert.ok(await resolveOutput(spec, { ...piped, isLocalDeleteAllowed: true }));
  });

  test("two outputs cannot share stdout", async () => {
    const specs = ["type=tar", "type=oci"].map(parseOutput);
    await assert.rejects(resolveOutputs(specs, piped), (error) => isProblem(error, "output_invalid"));
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
          resolveOutput(spec, { ...piped, cwd }),
          (error) => isProblem(error, "output_invalid"),
          spec,
        );
      }
      assert.deepEqual(targetOf(await resolveOutput("new/folder", { ...piped, cwd })), {
        kind: "folder",
        path: join(cwd, "new/folder"),
        isMirrored: false,
      });
    } finally {
      await rm(cwd, { recursive: true });
    }
  });

  test("a misspelt type names the nearest one", async () => {
    await assert.rejects(
      resolveOutput("type=dcoker,dest=x", piped),
      (error) => isProblem(error) && /type=docker/.test(error.hint ?? ""),
    );
  });
});
