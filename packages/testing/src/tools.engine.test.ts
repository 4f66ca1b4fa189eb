import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { test } from "node:test";
import { startDockerd, type TestDockerd } from "./dockerd.ts";
import { startRegistry } from "./registry.ts";
import { runProgram } from "./run-program.ts";
import { prepareTestTools } from "./tools.ts";

const tools = await prepareTestTools();

test("every tool runs from where it was unpacked", async () => {
  const versions: ReadonlyArray<readonly string[]> = [
    [tools.docker, "--version"],
    [tools.buildx, "docker-cli-plugin-metadata"],
    [tools.compose, "docker-cli-plugin-metadata"],
    [tools.skopeo, "--version"],
    [tools.registry, "--version"],
  ];

  for (const argv of versions) {
    const { code, stdout, stderr } = await runProgram(argv);
    assert.equal(code, 0, `${argv[0]}: ${stderr}`);
    assert.match(stdout, /\d+\.\d+/, argv[0]);
  }
});

test("a registry lets in whom it knows", async () => {
  await using open = await startRegistry();
  await using closed = await startRegistry({ login: { username: "ann", password: "secret" } });
  const statusOf = async (url: string, login?: string): Promise<number> => {
    const headers = login === undefined ? {} : { authorization: `Basic ${btoa(login)}` };
    const answer = await fetch(`${url}/v2/`, { headers });
    await answer.body?.cancel();
    return answer.status;
  };

  assert.equal(await statusOf(open.url), 200);
  assert.equal(await statusOf(closed.url), 401);
  assert.equal(await statusOf(closed.url, "ann:guess"), 401);
  assert.equal(await statusOf(closed.url, "ann:secret"), 200);
});

for (const store of ["containerd", "graphdriver"] as const) {
  test(`a Docker with ${store} has its own plugins, and leaves nothing behind`, async () => {
    let dockerd: TestDockerd;
    {
      await using running = await startDockerd({ store });
      dockerd = running;
      const { stdout } = await running.docker(["info", "--format", "{{json .DriverStatus}}"]);
      assert.equal(stdout.includes("io.containerd.snapshotter.v1"), store === "containerd", stdout);
      for (const plugin of ["buildx", "compose"]) {
        assert.equal((await running.docker([plugin, "version"])).code, 0, plugin);
      }
    }

    await assert.rejects(access(dockerd.configFolder));
    const folder = dockerd.configFolder.replace(/\/config$/, "");
    assert.ok(!(await readFile("/proc/self/mounts", "utf8")).includes(folder));
  });
}
