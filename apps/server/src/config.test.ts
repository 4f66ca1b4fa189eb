import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, type Problem } from "@opendepot/base";
import { addressesOf } from "./addresses.ts";
import { readSettings, resolveDataDir, resolveServer, type Surroundings } from "./config.ts";

const around: Surroundings = { env: {}, cwd: "/work", homeDir: "/home/ann", isRoot: false };
const noFlags = (): undefined => undefined;

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (isProblem(error)) return error;
    throw error;
  }
  throw new Error("no problem was thrown");
}

test("without settings the server is for this machine only", () => {
  const resolved = resolveServer({}, around);

  assert.deepEqual(resolved.listen, { host: "127.0.0.1", port: 8700 });
  assert.deepEqual(resolved.gatewayListen, { host: "127.0.0.1", port: 8701 });
  assert.equal(resolved.idleTimeoutMs, 600_000);
  assert.equal(resolved.databaseUrl, undefined);
  assert.deepEqual(resolved.tls, { kind: "off" });
  assert.equal(resolved.isEngineInstallAllowed, true);
  assert.ok(Object.isFrozen(resolved));
});

test("a server on loopback pushes anywhere, others to public addresses unless more is allowed", () => {
  const listen = "10.0.0.1:8700";
  const targets = (pushTargets?: string): unknown => resolveServer({ listen, pushTargets }, around).pushTargets;

  assert.deepEqual(resolveServer({}, around).pushTargets, { kind: "any" });
  assert.deepEqual(targets(), { kind: "listed", isPublicAllowed: true, hosts: new Set() });
  assert.deepEqual(targets("none"), { kind: "listed", isPublicAllowed: false, hosts: new Set() });
  assert.deepEqual(targets("any"), { kind: "any" });
  const hosts = new Set(["reg.internal", "10.0.0.9:5000", "[fd00::1]:5000"]);
  assert.deepEqual(targets("public, reg.internal,10.0.0.9:5000,[fd00::1]:5000"), {
    ...{ kind: "listed", isPublicAllowed: true, hosts },
  });
  assert.equal(problemOf(() => targets("https://reg.internal")).code, "option_invalid");
});

test("registries are spoken to without TLS where they are named, host by host", () => {
  const named = (plainHttpRegistries?: string) => resolveServer({ plainHttpRegistries }, around).plainHttpRegistries;

  assert.deepEqual(named(), new Set());
  assert.deepEqual(
    named("reg.internal:5000, 10.0.0.9,[fd00::1]:5000"),
    new Set(["reg.internal:5000", "10.0.0.9", "[fd00::1]:5000"]),
  );
  for (const wrong of ["http://reg.internal:5000", "*", "10.0.0.0/8", "reg.internal:5000,", "Reg.Internal"]) {
    assert.equal(problemOf(() => named(wrong)).code, "option_invalid", wrong);
  }
});

test("eight copies of images run at a time, or as many as are said", () => {
  assert.equal(resolveServer({}, around).copiesAtOnce, 8);
  assert.equal(resolveServer({ copiesAtOnce: "1" }, around).copiesAtOnce, 1);
  for (const copiesAtOnce of ["0", "-1", "1.5", "many", "1001", "12345"]) {
    assert.equal(problemOf(() => resolveServer({ copiesAtOnce }, around)).code, "option_invalid");
  }
});

test("the mirror is on and keeps 50 GB, unless it is told otherwise", () => {
  const { isMirrorOn, mirrorBytes } = resolveServer({}, around);
  const small = resolveServer({ mirror: "off", mirrorSize: "1.5TB" }, around);

  assert.deepEqual([isMirrorOn, mirrorBytes], [true, 50_000_000_000]);
  assert.deepEqual([small.isMirrorOn, small.mirrorBytes], [false, 1_500_000_000_000]);
  for (const mirrorSize of ["50", "0GB", "fifty GB", "1PB"]) {
    assert.equal(problemOf(() => resolveServer({ mirrorSize }, around)).code, "option_invalid");
  }
});

test("the data folder is the system's for root and the user's own for others", () => {
  assert.equal(resolveDataDir(undefined, { ...around, isRoot: true }), "/var/lib/opendepot");
  assert.equal(resolveDataDir(undefined, around), "/home/ann/.local/share/opendepot");
  assert.equal(resolveDataDir(undefined, { ...around, env: { XDG_DATA_HOME: "/data" } }), "/data/opendepot");
  assert.equal(resolveDataDir("here", around), "/work/here");
});

test("flags win over the environment, and an empty variable is none", () => {
  const env = { DEPOT_SERVER_LISTEN: "127.0.0.1:1", DEPOT_SERVER_LOG_LEVEL: "debug", DEPOT_SERVER_ENGINE: "" };
  const texts = readSettings((name) => (name === "listen" ? "127.0.0.1:2" : undefined), env);

  assert.deepEqual(texts, { listen: "127.0.0.1:2", logLevel: "debug" });
});

test("an unknown variable is refused, naming the nearest known one", () => {
  const problem = problemOf(() => readSettings(noFlags, { DEPOT_SERVER_LISTN: "x" }));

  assert.equal(problem.code, "option_unknown");
  assert.match(problem.hint ?? "", /DEPOT_SERVER_LISTEN/);
  assert.deepEqual(readSettings(noFlags, { DEPOT_TOKEN: "x", HOME: "/" }), {});
});

test("values that make no sense are refused with what would", () => {
  for (const texts of [
    { listen: "8700" },
    { listen: "host:99999" },
    { listen: "0.0.0.0:8700" },
    { gatewayListen: ":::1:80" },
    { publicUrl: "depot.example.com" },
    { publicUrl: "https://depot.example.com/?x=1" },
    { publicUrl: "ftp://depot.example.com" },
    { gatewayAddress: "depot.example.com" },
    { databaseUrl: "mysql://root:hunter2@host/db" },
    { idleTimeout: "10" },
    { idleTimeout: "-5m" },
    { drainTimeout: "soon" },
    { logLevel: "loud" },
    { engineInstall: "yes" },
  ]) {
    const problem = problemOf(() => resolveServer(texts, around));
    assert.equal(problem.code, "option_invalid", JSON.stringify(texts));
    assert.ok(problem.hint, JSON.stringify(texts));
    assert.doesNotMatch(`${problem.message} ${problem.hint}`, /hunter2/);
  }
});

test("durations and addresses are read in every form", () => {
  const texts = {
    idleTimeout: "never",
    drainTimeout: "1.5s",
    listen: "[::1]:0",
    publicUrl: "https://d.example.com/x/",
  };
  const resolved = resolveServer({ ...texts, gatewayAddress: "gw.example.com:443", engine: "bin/buildkitd" }, around);

  assert.equal(resolved.idleTimeoutMs, 2 ** 31 - 1);
  assert.equal(resolved.drainTimeoutMs, 1500);
  assert.deepEqual(resolved.listen, { host: "::1", port: 0 });
  assert.equal(resolved.publicUrl, "https://d.example.com/x");
  assert.equal(resolved.gatewayAddress, "tcp://gw.example.com:443");
  assert.equal(resolved.enginePath, "/work/bin/buildkitd");
});

test("clients are told addresses that follow from what is known", () => {
  const api = { host: "127.0.0.1", port: 1234 };
  const gateway = { host: "0.0.0.0", port: 5678 };
  const none = { publicUrl: undefined, gatewayAddress: undefined, tls: { kind: "off" } as const };

  assert.deepEqual(addressesOf(none, { api, gateway }), {
    publicUrl: "http://127.0.0.1:1234",
    gateway: "tcp://127.0.0.1:5678",
  });
  assert.equal(
    addressesOf({ ...none, publicUrl: "https://d.example.com" }, { api, gateway }).gateway,
    "tcp://d.example.com:5678",
  );
  assert.deepEqual(addressesOf(none, { api: { host: "::1", port: 1 }, gateway }), {
    publicUrl: "http://[::1]:1",
    gateway: "tcp://[::1]:5678",
  });
});

test("TLS has the server's own certificate or one from files, whose two parts belong together", () => {
  assert.deepEqual(resolveServer({ tls: "own" }, around).tls, { kind: "own" });
  assert.deepEqual(resolveServer({ tlsCert: "c.pem", tlsKey: "/k.pem" }, around).tls, {
    ...{ kind: "files", certFile: "/work/c.pem", keyFile: "/k.pem" },
  });
  for (const texts of [{ tls: "on" }, { tlsCert: "c" }, { tlsKey: "k" }, { tls: "own", tlsCert: "c", tlsKey: "k" }]) {
    assert.equal(problemOf(() => resolveServer(texts, around)).code, "option_invalid");
  }
});

test("what a server that answers over TLS tells clients begins with https", () => {
  const listening = { api: { host: "127.0.0.1", port: 1 }, gateway: { host: "127.0.0.1", port: 2 } };
  const addresses = addressesOf(resolveServer({ tls: "own" }, around), listening);
  assert.deepEqual(addresses, { publicUrl: "https://127.0.0.1:1", gateway: "tcp://127.0.0.1:2" });
});
