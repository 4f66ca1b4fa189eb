import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { formatPlatform, type HostNames, parsePlatform } from "@opendepot/oci";
import { toEndpoint } from "../run/active-connection.ts";
import { parseEngineAddress } from "../run/engine-address.ts";
import { failureHint } from "../run/failure-hint.ts";
import { planParts } from "../run/parts.ts";
import { toStatusJson } from "../run/status-json.ts";
import { createStepRecord } from "../run/step-record.ts";

const x64 = { platform: "linux", arch: "x64" };
const arm = { platform: "darwin", arch: "arm64" };

suite("which builder builds what", () => {
  const planned = (names: string, host: HostNames, only?: "amd64" | "arm64"): string[] => {
    const platforms = names === "" ? [] : names.split(" ").map((name) => parsePlatform(name, host));
    return planParts(platforms, { host, only }).map(
      (part) => `${part.architecture}: ${part.platforms.map(formatPlatform).join(" ")}`,
    );
  };

  test("without a platform it is the one like this machine", () => {
    assert.deepEqual(planned("", x64), ["amd64: "]);
    assert.deepEqual(planned("", arm), ["arm64: "]);
  });

  test("platforms are built where they are native, or nearest", () => {
    assert.deepEqual(planned("linux/386", arm), ["amd64: linux/386"]);
    assert.deepEqual(planned("linux/arm/v6 linux/riscv64", x64), ["arm64: linux/arm/v6", "amd64: linux/riscv64"]);
    assert.deepEqual(planned("linux/amd64 linux/arm64 linux/arm/v7 linux/386", x64), [
      "amd64: linux/amd64 linux/386",
      "arm64: linux/arm64 linux/arm/v7",
    ]);
  });

  test("one builder builds all when it was chosen", () => {
    assert.deepEqual(planned("linux/amd64 linux/arm64", x64, "arm64"), ["arm64: linux/amd64 linux/arm64"]);
  });
});

suite("addresses", () => {
  test("of engines", () => {
    assert.deepEqual(parseEngineAddress("unix:///run/bk.sock"), { kind: "unix", path: "/run/bk.sock" });
    assert.deepEqual(parseEngineAddress("tcp://[::1]:1234"), { kind: "tcp", host: "::1", port: 1234 });
    assert.deepEqual(parseEngineAddress("docker:///var/run/docker.sock"), {
      kind: "docker",
      path: "/var/run/docker.sock",
    });
    for (const bad of ["", "/run/bk.sock", "tcp://host", "http://x:1", "unix://"]) {
      assert.throws(
        () => parseEngineAddress(bad),
        (error) => isProblem(error, "flag_value_invalid"),
        bad,
      );
    }
  });

  test("of builders that a server names", () => {
    const plain = toEndpoint({ endpoint: "tcp://127.0.0.1:99" });
    const secure = toEndpoint({
      endpoint: "tcp://b.example:443",
      serverName: "n",
      cert: { cert: "C", key: "K" },
      caCert: { cert: "A" },
    });

    assert.deepEqual(plain, { kind: "tcp", host: "127.0.0.1", port: 99 });
    assert.deepEqual(secure, {
      kind: "tcp",
      host: "b.example",
      port: 443,
      tls: { ca: "A", cert: "C", key: "K", serverName: "n" },
    });
    for (const endpoint of ["", "x:1", "unix:///x", "tcp://host"]) {
      assert.throws(
        () => toEndpoint({ endpoint }),
        (error) => isProblem(error, "api_answer_invalid"),
        endpoint,
      );
    }
  });
});

suite("hints at failed builds", () => {
  const cases: ReadonlyArray<readonly [text: string, hint: RegExp]> = [
    ['failed to compute cache key: failed to calculate checksum of ref a::b: "/x": not found', /\.dockerignore/],
    ["secret npm: not found", /--secret id=npm,src=/],
    ['target stage "bin" could not be found', /--target/],
    ["unset ssh forward key default", /--ssh default/],
    ["write /x: no space left on device", /cache reset/],
    ["exec /bin/sh: exec format error", /--platform/],
  ];
  for (const [text, hint] of cases) test(text, () => assert.match(failureHint(text) ?? "", hint));

  test("an ordinary failure needs none", () => {
    assert.equal(failureHint('process "/bin/sh -c false" did not complete successfully: exit code: 1'), undefined);
  });
});

suite("what the server is told of our own steps", () => {
  const started = { seconds: 1_700_000_000n, nanos: 5_000_000 };
  const vertex = { digest: "sha256:a", inputs: [], name: "n", cached: false, error: "", started };

  test("times, numbers and bytes are in protobuf's JSON form", () => {
    const json = toStatusJson({
      vertexes: [vertex],
      statuses: [{ id: "i", vertex: "sha256:a", name: "n", current: 3n, total: 4n, timestamp: started }],
      logs: [{ vertex: "sha256:a", timestamp: started, stream: 1n, msg: Buffer.from("hi") }],
      warnings: [],
    });
    const time = "2023-11-14T22:13:20.005000000Z";

    assert.deepEqual(JSON.parse(JSON.stringify(json)), {
      vertexes: [{ digest: "sha256:a", inputs: [], name: "n", cached: false, error: "", started: time }],
      statuses: [{ ID: "i", vertex: "sha256:a", name: "n", current: "3", total: "4", timestamp: time }],
      logs: [{ vertex: "sha256:a", stream: "1", msg: "aGk=", timestamp: time }],
    });
  });

  test("everything is shown and told once", () => {
    const shown: unknown[] = [];
    const record = createStepRecord({ update: (status) => shown.push(status) });
    record.update({ vertexes: [vertex], statuses: [], logs: [], warnings: [] });

    assert.equal(shown.length, 1);
    assert.deepEqual(record.take().vertexes, [vertex]);
    assert.deepEqual(record.take().vertexes, []);
  });
});
