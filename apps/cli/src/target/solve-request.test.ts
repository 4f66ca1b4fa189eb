import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parsePlatform } from "@opendepot/oci";
import { type SolveSurroundings, toSolveRequest } from "./solve-request.ts";
import { createTestTarget } from "./testing/test-target.ts";

const plain = createTestTarget();
const LINUX = { platform: "linux", arch: "x64" };
const around: SolveSurroundings = {
  hostName: "here",
  platforms: [],
  isPart: false,
  proxyArgs: {},
  vcsAttrs: {},
  inputs: { layouts: {} },
};

test("a plain build sends the file's name and nothing that it was not asked for", () => {
  const request = toSolveRequest(plain, around);

  assert.equal(request.frontend, "dockerfile.v0");
  assert.deepEqual(request.frontendAttrs, { filename: "app.Dockerfile" });
  assert.deepEqual(request.entitlements, []);
  assert.deepEqual(request.folders, { context: "/src/app", dockerfile: "/src/docker" });
});

test("options become the frontend's attributes", () => {
  const { frontendAttrs, entitlements } = toSolveRequest(
    {
      ...plain,
      stage: "bin",
      buildArgs: { A: "1", EMPTY: "" },
      labels: { "org.x": "y" },
      noCache: ["a", "b"],
      isPullForced: true,
      extraHosts: "db=1.1.1.1",
      network: "host",
      shmSize: 65_536,
      ulimits: "core=1:1",
      cgroupParent: "cg",
      resources: { memory: "1024" },
      attests: { sbom: "type=sbom", provenance: undefined },
      entitlements: ["network.host", "security.insecure"],
    },
    { ...around, platforms: ["linux/arm/v7", "linux/arm64"].map((name) => parsePlatform(name, LINUX)) },
  );

  assert.deepEqual(frontendAttrs, {
    filename: "app.Dockerfile",
    target: "bin",
    "build-arg:A": "1",
    "build-arg:EMPTY": "",
    "label:org.x": "y",
    "no-cache": "a,b",
    "image-resolve-mode": "pull",
    "add-hosts": "db=1.1.1.1",
    "force-network-mode": "host",
    "shm-size": "65536",
    ulimit: "core=1:1",
    platform: "linux/arm/v7,linux/arm64",
    "cgroup-parent": "cg",
    memory: "1024",
    "attest:sbom": "type=sbom",
  });
  assert.deepEqual(entitlements, ["network.host", "security.insecure"]);
});

test("without any cache the attribute is there and empty", () => {
  assert.equal(toSolveRequest({ ...plain, noCache: "all" }, around).frontendAttrs["no-cache"], "");
});

test("named contexts are folders under their names, which never clash with ours", () => {
  const named = {
    lib: { kind: "folder", path: "/src/lib" },
    context: { kind: "folder", path: "/c" },
    base: { kind: "reference", value: "docker-image://a" },
  } as const;
  const { frontendAttrs, folders } = toSolveRequest({ ...plain, context: { ...plain.context, named } }, around);

  assert.deepEqual(folders, { context: "/src/app", dockerfile: "/src/docker", lib: "/src/lib", _context: "/c" });
  assert.equal(frontendAttrs["context:lib"], "local:lib");
  assert.equal(frontendAttrs["context:context"], "local:_context");
  assert.equal(frontendAttrs["context:base"], "docker-image://a");
  assert.match(frontendAttrs["sharedkey:localdir:lib"] ?? "", /^lib:/);
  assert.equal(frontendAttrs["frontend.caps"], "moby.buildkit.frontend.contexts+forward");
});

test("BUILDKIT_SYNTAX chooses another frontend, and an empty one is refused", () => {
  const { frontend, frontendAttrs } = toSolveRequest(
    { ...plain, buildArgs: { BUILDKIT_SYNTAX: "my/frontend:1 --x" } },
    around,
  );
  assert.deepEqual(
    [frontend, frontendAttrs["source"], frontendAttrs["cmdline"]],
    ["gateway.v0", "my/frontend:1", "my/frontend:1 --x"],
  );

  assert.throws(
    () => toSolveRequest({ ...plain, buildArgs: { BUILDKIT_SYNTAX: " " } }, around),
    (error) => isProblem(error, "build_arg_invalid"),
  );
});

test("arguments of the person win over those for proxies", () => {
  const request = { ...plain, buildArgs: { HTTP_PROXY: "mine" } };
  const { frontendAttrs } = toSolveRequest(request, { ...around, proxyArgs: { HTTP_PROXY: "theirs", NO_PROXY: "x" } });
  assert.deepEqual([frontendAttrs["build-arg:HTTP_PROXY"], frontendAttrs["build-arg:NO_PROXY"]], ["mine", "x"]);
});

test("the shared key stays the same for a folder and differs between machines and checkouts", () => {
  const keyOf = (path: string, hostName: string): string => {
    const context = { ...plain.context, source: { kind: "folder", path } } as const;
    return toSolveRequest({ ...plain, context }, { ...around, hostName }).sharedKey ?? "";
  };

  assert.equal(keyOf("/a/app", "h"), keyOf("/a/app", "h"));
  assert.equal(new Set([keyOf("/a/app", "h"), keyOf("/b/app", "h"), keyOf("/a/app", "i")]).size, 3);
  assert.match(keyOf("/a/app", "h"), /^app:[0-9a-f]{16}$/);
});

test("a part of an image that is joined from several builders is a list by itself", () => {
  assert.equal(toSolveRequest(plain, { ...around, isPart: true }).frontendAttrs["multi-platform"], "true");
});

test("contexts from elsewhere than a folder are named by their addresses", () => {
  const url = { kind: "url", url: "https://x/y.git?branch=b" } as const;
  const dockerfile = { kind: "in-context", name: "sub/D" } as const;
  const remote = toSolveRequest({ ...plain, context: { source: url, dockerfile, named: {} } }, around);
  assert.deepEqual(remote.frontendAttrs, {
    context: url.url,
    filename: "sub/D",
    "frontend.caps": "moby.buildkit.frontend.gitquerystring",
  });
  assert.deepEqual([remote.folders, remote.sharedKey], [{}, undefined]);

  const archive = { kind: "archive", stream: (async function* (): AsyncGenerator<Uint8Array> {})() } as const;
  const context = { source: archive, dockerfile: { kind: "text", text: Buffer.from("") }, named: {} } as const;
  const inputs = { archive: "http://session/1", dockerfileFolder: "/tmp/d", layouts: {} };
  const piped = toSolveRequest({ ...plain, context }, { ...around, inputs });
  assert.deepEqual(piped.frontendAttrs, {
    context: "http://session/1",
    filename: "Dockerfile",
    dockerfilekey: "dockerfile",
  });
  assert.deepEqual(piped.folders, { dockerfile: "/tmp/d" });
});

test("an image in a layout is a context under the name that its store has in the session", () => {
  const named = { base: { kind: "oci-layout", layout: { folder: "/l", tag: "latest", digest: undefined } } } as const;
  const inputs = { layouts: { base: "oci-layout://store@sha256:00" } };
  const { frontendAttrs } = toSolveRequest({ ...plain, context: { ...plain.context, named } }, { ...around, inputs });
  assert.equal(frontendAttrs["context:base"], "oci-layout://store@sha256:00");
});

test("a folder of what the builder fetches is prepared by it, under a name that no target has", () => {
  const named = {
    base: { kind: "fetched", source: { identifier: "git://host/app.git", attrs: {} }, folder: "base" },
    other: { kind: "reference", value: "docker-image://alpine" },
  } as const;

  const { frontendAttrs, frontendInputs } = toSolveRequest({ ...plain, context: { ...plain.context, named } }, around);

  assert.equal(frontendAttrs["context:base"], "input:fetched/base");
  assert.equal(frontendAttrs["context:other"], "docker-image://alpine");
  assert.deepEqual(Object.keys(frontendInputs), ["fetched/base"]);
});
