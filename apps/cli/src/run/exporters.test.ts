import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parsePlatform } from "@opendepot/oci";
import type { Target } from "../target/target.ts";
import { createTestTarget } from "../target/testing/test-target.ts";
import { checkOutputs, planExporters, repositoriesOf } from "./exporters.ts";

const LINUX = { platform: "linux", arch: "x64" };
const terminal = { stdout: process.stdout };
const both = ["linux/amd64", "linux/arm64"].map((name) => parsePlatform(name, LINUX));
const pushed = { kind: "image", attributes: { name: "a/b:1,127.0.0.1:5000/c:2", push: "true" } } as const;

suite("exporters", () => {
  test("a part of an image is pushed to its repositories by digest alone", () => {
    const target = createTestTarget({ outputs: [pushed], platforms: both });
    const { exporters } = planExporters(target, { isPart: true, terminal });
    assert.deepEqual(exporters, [
      {
        type: "image",
        attrs: { name: "docker.io/a/b,127.0.0.1:5000/c", push: "true", "push-by-digest": "true" },
      },
    ]);
  });

  test("provenance that nobody asked for stays out of an image of one platform, and only out of that", () => {
    const attrsOf = (parts: Parameters<typeof createTestTarget>[0]): unknown =>
      planExporters(createTestTarget({ outputs: [pushed], ...parts }), { isPart: false, terminal }).exporters[0]?.attrs;
    const clean = { "attestation-inline": "false", ...pushed.attributes };

    assert.deepEqual(attrsOf({ attests: { provenance: "mode=min,inline-only=true" } }), clean);
    assert.deepEqual(attrsOf({ attests: { provenance: "type=provenance,mode=max" } }), pushed.attributes);
    assert.deepEqual(attrsOf({ attests: {}, platforms: both }), pushed.attributes);
  });

  test("an image that is only loaded is kept by the builder without a name", () => {
    const target = createTestTarget({ outputs: [{ kind: "load", attributes: { name: "app" } }] });
    const load = { attributes: { name: "app", "annotation.k": "v" } };
    const kept = planExporters(target, { isPart: false, terminal, load }).exporters;

    assert.deepEqual(kept, [
      {
        type: "image",
        attrs: {
          "attestation-inline": "false",
          compression: "uncompressed",
          "annotation.k": "v",
          unpack: "false",
        },
      },
    ]);
  });

  test("manifests are received for SBOMs beside whatever else is made, and do not hide what it tells", () => {
    const typesOf = (outputs: Target["outputs"]): unknown =>
      planExporters(createTestTarget({ outputs, sbomFolder: "/sboms" }), { isPart: false, terminal }).exporters.map(
        ({ type, attrs }) => [type, attrs?.["compression"]],
      );

    assert.deepEqual(typesOf([]), [["oci", "uncompressed"]]);
    assert.deepEqual(typesOf([pushed]), [
      ["oci", undefined],
      ["image", undefined],
    ]);
  });

  test("files go where they were asked for, by the index of their exporter", () => {
    const outputs = [
      pushed,
      { kind: "files", exporter: "tar", attributes: {}, target: { kind: "file", path: "/t" } },
      { kind: "files", exporter: "oci", attributes: {}, target: { kind: "layout", path: "/l" } },
      { kind: "files", exporter: "local", attributes: {}, target: { kind: "folder", path: "/f", isMirrored: true } },
    ] as const;
    const { receivers, layout } = planExporters(createTestTarget({ outputs }), { isPart: false, terminal });

    assert.deepEqual(receivers, [
      undefined,
      { kind: "file", path: "/t" },
      undefined,
      { kind: "folder", path: "/f", isMirror: true },
    ]);
    assert.equal(layout, "/l");
  });
});

suite("outputs that cannot be made", () => {
  const archive = (exporter: "oci" | "docker" | "tar") =>
    ({ kind: "files", exporter, attributes: {}, target: { kind: "file", path: "/x" } }) as const;
  const isRefused = (error: unknown): boolean => isProblem(error, "output_invalid") && error.hint !== undefined;

  test("archives of several builders, and docker archives of several images", () => {
    for (const exporter of ["oci", "tar"] as const) {
      assert.throws(
        () => checkOutputs(createTestTarget({ outputs: [archive(exporter)], platforms: both }), 2),
        isRefused,
      );
    }
    assert.throws(
      () => checkOutputs(createTestTarget({ outputs: [archive("docker")], platforms: both }), 1),
      isRefused,
    );
    const attested = createTestTarget({ outputs: [archive("docker")], attests: { sbom: "type=sbom" } });
    assert.throws(() => checkOutputs(attested, 1), isRefused);
    checkOutputs(createTestTarget({ outputs: [archive("oci")], platforms: both }), 1);
  });
});

test("repositories are named once each", () => {
  assert.deepEqual(repositoriesOf(`a:1,a:2,localhost:5000/b@sha256:${"0".repeat(64)}`), [
    "docker.io/library/a",
    "localhost:5000/b",
  ]);
});
