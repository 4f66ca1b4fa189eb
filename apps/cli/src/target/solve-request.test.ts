import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { BuildRequest } from "../build/build-request.ts";
import { type SolveSurroundings, toSolveRequest } from "./solve-request.ts";

const plain: BuildRequest = {
  context: { folder: "/src/app", dockerfileFolder: "/src/docker", dockerfileName: "app.Dockerfile", named: {} },
  tags: [],
  buildArgs: {},
  labels: {},
  noCache: [],
  isPullForced: false,
  secrets: [],
  ssh: [],
  extraHosts: "",
  network: "default",
  ulimits: "",
  isOutputNamed: false,
  progress: "auto",
  isQuiet: false,
};
const around: SolveSurroundings = { hostName: "here", proxyArgs: {}, vcsAttrs: {} };

test("a plain build sends the file's name and nothing that it was not asked for", () => {
  const request = toSolveRequest(plain, around);

  assert.equal(request.frontend, "dockerfile.v0");
  assert.deepEqual(request.frontendAttrs, { filename: "app.Dockerfile" });
  assert.deepEqual([request.exporters, request.entitlements], [[], []]);
  assert.deepEqual(request.folders, { context: "/src/app", dockerfile: "/src/docker" });
});

test("options become the frontend's attributes", () => {
  const { frontendAttrs, entitlements } = toSolveRequest(
    {
      ...plain,
      target: "bin",
      buildArgs: { A: "1", EMPTY: "" },
      labels: { "org.x": "y" },
      noCache: ["a", "b"],
      isPullForced: true,
      extraHosts: "db=1.1.1.1",
      network: "host",
      shmSize: 65_536,
      ulimits: "core=1:1",
      platform: { os: "linux", architecture: "arm", variant: "v7" },
    },
    around,
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
    platform: "linux/arm/v7",
  });
  assert.deepEqual(entitlements, ["network.host"]);
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
  const keyOf = (folder: string, hostName: string): string =>
    toSolveRequest({ ...plain, context: { ...plain.context, folder } }, { ...around, hostName }).sharedKey;

  assert.equal(keyOf("/a/app", "h"), keyOf("/a/app", "h"));
  assert.equal(new Set([keyOf("/a/app", "h"), keyOf("/b/app", "h"), keyOf("/a/app", "i")]).size, 3);
  assert.match(keyOf("/a/app", "h"), /^app:[0-9a-f]{20}$/);
});
