import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { mayPushTo, type PushTargets } from "./push-targets.ts";

const PUBLIC: PushTargets = {
  kind: "listed",
  isPublicAllowed: true,
  hosts: new Set(["reg.internal", "10.1.2.3:5000"]),
};

const inside = [
  ...[
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
  ],
  ...["0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8"],
  ...[
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
  ],
  ...["64:ff9b::7f00:1", "2002:7f00:1::", "not an address", ""],
];

suite("a server that pushes to public addresses", () => {
  for (const address of inside) {
    test(`does not connect to ${JSON.stringify(address)}`, () => {
      assert.equal(mayPushTo(PUBLIC, "registry.example.org", address), false);
    });
  }

  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
    test(`connects to ${address}`, () => assert.equal(mayPushTo(PUBLIC, "registry.example.org", address), true));
  }

  test("connects to hosts that are listed, at the ports that are listed", () => {
    assert.equal(mayPushTo(PUBLIC, "reg.internal:5000", "10.0.0.1"), true);
    assert.equal(mayPushTo(PUBLIC, "reg.internal", "10.0.0.1"), true);
    assert.equal(mayPushTo(PUBLIC, "10.1.2.3:5000", "10.1.2.3"), true);
    assert.equal(mayPushTo(PUBLIC, "10.1.2.3:22", "10.1.2.3"), false);
    assert.equal(mayPushTo(PUBLIC, "evil-reg.internal", "10.0.0.1"), false);
  });

  test("does not connect to a listed name that leads to the machine's own metadata", () => {
    assert.equal(mayPushTo(PUBLIC, "reg.internal", "169.254.169.254"), false);
  });
});

test("a server that pushes anywhere connects to this machine, and still not to metadata services", () => {
  const any: PushTargets = { kind: "any" };
  assert.equal(mayPushTo(any, "127.0.0.1:5000", "127.0.0.1"), true);
  assert.equal(mayPushTo(any, "metadata", "169.254.169.254"), false);
  assert.equal(mayPushTo(any, "metadata", "::ffff:169.254.169.254"), false);
});

test("a server that pushes nowhere else connects to listed hosts only", () => {
  const listed: PushTargets = { kind: "listed", isPublicAllowed: false, hosts: new Set(["reg.internal"]) };
  assert.equal(mayPushTo(listed, "ghcr.io", "8.8.8.8"), false);
  assert.equal(mayPushTo(listed, "reg.internal", "10.0.0.1"), true);
});
