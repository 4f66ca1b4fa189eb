import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { type Invocation, parseCommandLine } from "@opendepot/command";
import { checkFlagSupport } from "./flag-support.ts";
import { buildFlags } from "./flags.ts";

function parse(line: string): Invocation {
  const command = {
    name: "build",
    summary: "",
    flags: buildFlags,
    operandCount: { min: 0, max: 9 },
    run: async () => 0,
  };
  return parseCommandLine(command, line.split(" ")).invocation;
}

suite("flags of docker buildx build and of the hosted product", () => {
  const known =
    "add-host allow annotation attest build-arg build-context build-platform builder cache-from cache-to call " +
    "cgroup-parent check file iidfile label lint lint-fail-on load metadata-file network no-cache no-cache-filter " +
    "output platform policy progress project provenance pull push quiet resource save save-tag sbom sbom-dir secret " +
    "shm-size ssh tag target token ulimit invoke print compress cpu-period cpu-quota cpu-shares cpuset-cpus " +
    "cpuset-mems force-rm isolation memory memory-swap rm security-opt squash";

  test("all are known", () => {
    const names = buildFlags.map((flag) => flag.name);
    assert.deepEqual(
      known.split(" ").filter((name) => !names.includes(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
  });

  test("their letters are those of docker", () => {
    const letters = buildFlags.flatMap((flag) => (flag.short ? [`${flag.short} ${flag.name}`] : []));
    assert.deepEqual(letters.sort(), ["c cpu-shares", "f file", "m memory", "o output", "q quiet", "t tag"]);
  });

  for (const line of ["--policy filename=x", "--invoke x", "--builder other"]) {
    test(`${line} is refused and not ignored`, () => {
      assert.throws(
        () => checkFlagSupport(parse(line)),
        (error) => isProblem(error, "flag_not_yet") && error.message.includes(line.split(/[ =]/)[0] ?? ""),
      );
    });
  }

  test("--builder= asks for what happens anyway", () => {
    assert.deepEqual(checkFlagSupport(parse("--builder=")), []);
  });

  test("flags that docker has long ignored warn and do nothing", () => {
    const warnings = checkFlagSupport(
      parse("--rm --force-rm --compress --squash --isolation=default --security-opt a"),
    );
    assert.equal(warnings.length, 6);
    assert.ok(warnings.some((warning) => warning.startsWith("--squash ")));
  });
});
