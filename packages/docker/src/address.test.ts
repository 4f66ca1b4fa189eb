import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { describeDockerAddress, parseDockerHost } from "./address.ts";

test("hosts of every kind that docker takes are read", () => {
  const tls = { ca: "pem" };

  assert.deepEqual(parseDockerHost("unix:///run/d.sock"), { kind: "unix", path: "/run/d.sock" });
  assert.deepEqual(parseDockerHost("unix://"), { kind: "unix", path: "/var/run/docker.sock" });
  assert.deepEqual(parseDockerHost("npipe:////./pipe/docker_engine"), {
    kind: "unix",
    path: "\\\\.\\pipe\\docker_engine",
  });
  assert.deepEqual(parseDockerHost("tcp://far:80"), { kind: "tcp", host: "far", port: 80, tls: undefined });
  assert.deepEqual(parseDockerHost("far"), { kind: "tcp", host: "far", port: 2375, tls: undefined });
  assert.deepEqual(parseDockerHost("tcp://[::1]", tls), { kind: "tcp", host: "::1", port: 2376, tls });
  assert.deepEqual(parseDockerHost("ssh://ann@far:22/run/d.sock"), {
    kind: "ssh",
    host: "far",
    user: "ann",
    port: 22,
    socket: "/run/d.sock",
  });
});

test("hosts that make no sense are refused, and so are those that ssh would take for options", () => {
  const wrong = [
    "fd://",
    "tcp://far:99999",
    "tcp://far/path",
    "ssh://ann:secret@far",
    "ssh://-oProxyCommand=x",
    "ssh://",
  ];

  for (const text of wrong) {
    assert.throws(
      () => parseDockerHost(text),
      (error) => isProblem(error, "docker_context_invalid"),
      text,
    );
  }
});

test("an address is told as it is written", () => {
  for (const text of ["unix:///run/d.sock", "tcp://[::1]:1", "ssh://ann@far:22/run/d.sock", "ssh://far"]) {
    assert.equal(describeDockerAddress(parseDockerHost(text)), text);
  }
});
