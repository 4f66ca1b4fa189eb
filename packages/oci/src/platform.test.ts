import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { formatPlatform, hostPlatform, isSamePlatform, parsePlatform } from "./platform.ts";

const HOST = { platform: "linux", arch: "x64" };

suite("platforms", () => {
  const cases: ReadonlyArray<readonly [written: string, canonical: string]> = [
    ["linux/amd64", "linux/amd64"],
    ["linux/x86_64", "linux/amd64"],
    ["Linux/AMD64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/v9.0", "linux/arm64/v9"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/i386", "linux/386"],
    ["linux", "linux/amd64"],
    ["macos", "darwin/amd64"],
    ["arm64", "linux/arm64"],
    ["local", "linux/amd64"],
    ["windows(10.0.17763+win32k)/amd64", "windows(10.0.17763+win32k)/amd64"],
    ["linux/my-chip", "linux/my-chip"],
  ];
  for (const [written, canonical] of cases) {
    test(`${written} is ${canonical}`, () => assert.equal(formatPlatform(parsePlatform(written, HOST)), canonical));
  }

  for (const bad of [
    "",
    "linux/",
    "/amd64",
    "linux/amd64/v1/x",
    "lin*x",
    "toaster",
    "linux/am d64",
    "linux(%zz)/amd64",
  ]) {
    test(`${JSON.stringify(bad)} is refused`, () => {
      assert.throws(
        () => parsePlatform(bad, HOST),
        (error) => isProblem(error, "platform_invalid"),
      );
    });
  }

  test("the host's own platform is named as Go names it", () => {
    assert.deepEqual(hostPlatform({ platform: "linux", arch: "x64" }), { os: "linux", architecture: "amd64" });
    assert.deepEqual(hostPlatform({ platform: "darwin", arch: "arm64" }), { os: "darwin", architecture: "arm64" });
    assert.deepEqual(hostPlatform({ platform: "linux", arch: "arm" }), {
      os: "linux",
      architecture: "arm",
      variant: "v7",
    });
  });

  test("spellings of one platform are the same", () => {
    assert.ok(
      isSamePlatform({ os: "Linux", architecture: "x86_64" }, { os: "linux", architecture: "amd64", variant: "v1" }),
    );
    assert.ok(!isSamePlatform({ os: "linux", architecture: "arm64" }, { os: "linux", architecture: "amd64" }));
  });

  test("reserved letters in an OS version survive", () => {
    const platform = parsePlatform("windows(1%2B2%28x%29)/amd64", HOST);
    assert.equal(platform.osVersion, "1+2(x)");
    assert.equal(formatPlatform(platform), "windows(1%2B2%28x%29)/amd64");
  });
});
