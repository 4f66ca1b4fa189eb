import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { assertRecent, isOlder, parseVersionLine, unsafeCompressions, versionWarnings } from "./version.ts";

test("both engines tell their version", () => {
  assert.deepEqual(parseVersionLine("buildkitd github.com/moby/buildkit v0.32.2 73ed6825\n"), {
    kind: "buildkitd",
    version: "0.32.2",
  });
  assert.deepEqual(parseVersionLine("Docker version 28.5.2+dfsg4, build 3ef3c07\n"), {
    kind: "dockerd",
    version: "28.5.2+dfsg4",
  });
});

test("a build without a version is unknown, another program is no engine", () => {
  assert.deepEqual(parseVersionLine("buildkitd github.com/moby/buildkit v0.0.0+unknown \n"), {
    kind: "buildkitd",
    version: "unknown",
  });
  assert.equal(parseVersionLine("containerd github.com/containerd/containerd/v2 2.1.9\n"), undefined);
});

test("an engine that is too old is refused, with what would do", () => {
  const refusal = (kind: "buildkitd" | "dockerd", version: string): unknown => {
    try {
      return assertRecent({ kind, version, goVersion: undefined });
    } catch (error) {
      return error;
    }
  };

  const old = refusal("dockerd", "20.10.24+dfsg1");

  assert.ok(isProblem(old, "engine_too_old"));
  assert.match(old.hint ?? "", /Docker Engine 25\.0\.0/);
  assert.ok(isProblem(refusal("buildkitd", "0.10.6"), "engine_too_old"));
  assert.equal(refusal("buildkitd", "0.11.0"), undefined);
  assert.equal(refusal("dockerd", "25.0.0-rc.1"), undefined);
  assert.equal(refusal("buildkitd", "unknown"), undefined);
});

test("published escapes are warned of up to the version that closed them", () => {
  const warnings = (version: string): readonly string[] => {
    return versionWarnings({ kind: "buildkitd", version, goVersion: "go1.26.8" });
  };

  assert.equal(warnings("0.31.1").length, 1);
  assert.match(warnings("0.31.1")[0] ?? "", /0\.31\.1 has published escapes/);
  assert.deepEqual(warnings("0.31.2"), []);
  assert.match(warnings("unknown")[0] ?? "", /does not tell its version/);
});

test("an engine that would crash on estargz is warned of", () => {
  const warnings = versionWarnings({ kind: "dockerd", version: "29.6.0", goVersion: "go1.27.1" });

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /estargz, which is refused/);
  assert.deepEqual(unsafeCompressions({ kind: "dockerd", version: "28.5.2", goVersion: "go1.27" }), ["estargz"]);
  assert.deepEqual(unsafeCompressions({ kind: "buildkitd", version: "0.32.2", goVersion: "go1.26.8" }), []);
  assert.deepEqual(unsafeCompressions({ kind: "buildkitd", version: "0.32.2", goVersion: undefined }), []);
});

test("one that was built with the mended estargz makes it, whatever Go it was built with", () => {
  const refused = (estargzVersion: string): readonly string[] =>
    unsafeCompressions({ kind: "buildkitd", version: "0.36.0", goVersion: "go1.27.1", estargzVersion });

  assert.deepEqual(refused("v0.18.2"), ["estargz"]);
  assert.deepEqual(refused("v0.19.0"), []);
  assert.deepEqual(refused("v0.19.1"), []);
});

test("versions compare by number, not by letter", () => {
  assert.equal(isOlder("0.9.3", "0.11.0"), true);
  assert.equal(isOlder("v0.31.2", "0.31.2"), false);
  assert.equal(isOlder("0.32", "0.31.2"), false);
  assert.equal(isOlder("unknown", "1.0.0"), false);
});
