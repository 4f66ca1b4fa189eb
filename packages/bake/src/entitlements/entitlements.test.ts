import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { readOutputs } from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { missingPrivileges, type PathResolver } from "./missing-privileges.ts";
import { requestPrivileges } from "./privilege-request.ts";
import { NO_PRIVILEGES, type Privileges, readPrivileges, withGrants } from "./privileges.ts";

const nothing = { reads: [], writes: [], entitlements: [] };

/** Every path exists below /work, nothing is a link, and `missing` folders do not exist. */
const paths: PathResolver = {
  async resolveExisting(path) {
    const absolute = path.startsWith("/") ? path : path === "." ? "/work" : `/work/${path}`;
    const [existing = "", rest = ""] = absolute.split("/missing");
    return { existing, rest: absolute.includes("/missing") ? `missing${rest}` : "" };
  },
};

async function missing(target: Partial<Target>, allow: readonly string[] = []): Promise<Privileges> {
  const granted = withGrants(readPrivileges(allow), nothing, "/work");
  return missingPrivileges([{ name: "default", description: "", ...target }], { granted, paths, isRemote: false });
}

suite("what is missing", () => {
  test("building in the working folder needs nothing", async () => {
    const target = { context: "sub", contexts: new Map([["a", "docker-image://x"]]), output: readOutputs(["out"]) };
    assert.deepEqual(await missing(target), NO_PRIVILEGES);
  });

  test("paths outside of the working folder have to be allowed", async () => {
    const target = { context: "/other/app", output: readOutputs(["/out/missing/x"]) };
    assert.deepEqual((await missing(target)).reads, ["/other/app"]);
    assert.deepEqual((await missing(target)).writes, ["/out"]);
    assert.deepEqual(await missing(target, ["fs.read=/other", "fs.write=/out"]), NO_PRIVILEGES);
    assert.deepEqual(await missing(target, ["fs=*"]), NO_PRIVILEGES);
  });

  test("entitlements, agents and devices have to be allowed", async () => {
    const target = { entitlements: ["network.host", "device=gpu"], ssh: [{ id: "default", paths: [] }] };
    const needed = await missing(target);
    assert.equal(needed.hasHostNetwork, true);
    assert.equal(needed.hasSshAgent, true);
    assert.deepEqual(needed.devices, new Set(["gpu"]));
    assert.deepEqual(await missing(target, ["network.host", "ssh", "device=gpu"]), NO_PRIVILEGES);
  });

  test("deleting in an output's folder has to be allowed", async () => {
    const target = { output: readOutputs(["type=local,dest=out,mode=delete"]) };
    assert.equal((await missing(target)).isLocalDeleteAllowed, true);
    assert.deepEqual(await missing(target, ["buildx.local.delete"]), NO_PRIVILEGES);
  });

  test("what cannot be allowed is told", () => {
    for (const bad of ["nope", "buildx.local.delete=1"])
      assert.throws(
        () => readPrivileges([bad]),
        (error) => isProblem(error, "bake_flag_invalid"),
      );
  });
});

suite("requests", () => {
  const around = {
    isTerminal: false,
    isRemote: false,
    workingFolder: "/work",
    command: ["depot", "bake", "--print"],
    variable: () => undefined,
  };

  test("a request names the flags that grant it", () => {
    const request = requestPrivileges(
      { ...NO_PRIVILEGES, hasHostNetwork: true, reads: ["/a/b", "/both"], writes: ["/both"] },
      around,
    );
    assert.equal(request?.isAnswerNeeded, true);
    assert.equal(
      request?.text,
      `Your build is requesting privileges for following possibly insecure capabilities:

 - Running build containers that can access host network
 - Read and write access to path ../both
 - Read access to path ../a/b

Pass "--allow=network.host --allow=fs=../both --allow=fs.read=../a/b" to grant requested privileges.

Your full command with requested privileges:

depot bake --allow=network.host --allow=fs=../both --allow=fs.read=../a/b --print

To disable filesystem entitlements checks, you can set BUILDX_BAKE_ENTITLEMENTS_FS=0 .

`,
    );
  });

  test("paths need no answer where they are not checked", () => {
    const variable = (name: string) => (name === "BUILDX_BAKE_ENTITLEMENTS_FS" ? "0" : undefined);
    const asked = { ...NO_PRIVILEGES, reads: ["/a"] };
    assert.equal(requestPrivileges(asked, { ...around, variable })?.isAnswerNeeded, false);
    assert.equal(requestPrivileges(NO_PRIVILEGES, around), undefined);
  });
});
