import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOutput } from "@opendepot/buildflags";
import { type OutputSurroundings, resolveOutputs } from "./outputs.ts";
import { hostsOf, namesOfTarget, withSavedNames } from "./saved-outputs.ts";

const NAMES = ["127.0.0.1:8700/p1:b1", "127.0.0.1:8700/p1:v1"];
const around: OutputSurroundings = {
  cwd: "/nowhere",
  isStdoutTerminal: false,
  tags: ["ghcr.io/acme/app:1"],
  isPushed: false,
  isLoaded: false,
  isSaved: true,
  annotations: { "annotation.a": "b" },
  isLocalDeleteAllowed: false,
};

/** What becomes of outputs that are written so, each by its kind and what it is called. */
async function saved(texts: readonly string[], more: Partial<OutputSurroundings> = {}): Promise<unknown[]> {
  const outputs = await resolveOutputs(texts.map(parseOutput), { ...around, ...more });
  return withSavedNames(outputs, NAMES).map((output) =>
    output.kind === "files" ? output.exporter : [output.kind, output.attributes["name"], output.attributes["push"]],
  );
}

test("a build that is only saved is pushed under the registry's names, with its annotations", async () => {
  assert.deepEqual(await saved([]), [["image", NAMES.join(","), "true"]]);

  const [output] = withSavedNames(await resolveOutputs([], around), NAMES);
  assert.deepEqual(output?.attributes, {
    ...{ "annotation.a": "b", name: NAMES.join(","), push: "true", unpack: "false" },
  });
});

test("one that is pushed too keeps its own names", async () => {
  const both = ["image", `ghcr.io/acme/app:1,${NAMES.join(",")}`, "true"];
  assert.deepEqual(await saved([], { isPushed: true }), [both]);
  assert.deepEqual(await saved(["type=registry"]), [both]);
  assert.deepEqual(await saved(["type=image,push=true"]), [both]);
});

test("an image output that is not pushed is pushed for saving, as it is made", async () => {
  const outputs = await resolveOutputs([parseOutput("type=image,compression=zstd")], around);
  const [output] = withSavedNames(outputs, NAMES);

  assert.equal(output?.attributes["compression"], "zstd");
  assert.equal(output?.attributes["name"], NAMES.join(","));
});

test("files and loads stay, and the image is made beside them", async () => {
  assert.deepEqual(await saved(["type=local,dest=out"]), ["local", ["image", NAMES.join(","), "true"]]);
  assert.deepEqual(await saved([], { isLoaded: true }), [
    ["load", "ghcr.io/acme/app:1", undefined],
    ["image", NAMES.join(","), "true"],
  ]);
});

test("of several images one is saved", async () => {
  const outputs = await saved(["type=image,name=a", "type=image,name=b"], { tags: [] });

  assert.deepEqual(outputs, [
    ["image", NAMES.join(","), "true"],
    ["image", "b", undefined],
  ]);
});

test("pushing somewhere else still needs a name for there", async () => {
  await assert.rejects(saved([], { tags: [], isPushed: true }), { code: "output_invalid" });
});

test("targets have their names behind the tag", () => {
  assert.deepEqual(namesOfTarget(NAMES, "web"), ["127.0.0.1:8700/p1:b1-web", "127.0.0.1:8700/p1:v1-web"]);
  assert.deepEqual(hostsOf([...NAMES, "depot:80/p1:v1"]), ["127.0.0.1:8700", "depot:80"]);
});
