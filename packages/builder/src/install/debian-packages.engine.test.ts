import assert from "node:assert/strict";
import { access, mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { fetchDebianPackages, packagesUnavailable } from "./debian-packages.ts";

const PATH = process.env["PATH"] ?? "";
const obstacle = await packagesUnavailable(PATH);

/** What the machine's own apt knows: sources, lists and packages in its cache. */
async function aptState(): Promise<readonly string[]> {
  const names = ["/etc/apt", "/var/lib/apt/lists", "/var/cache/apt/archives"].map(async (folder) => {
    return (await readdir(folder, { recursive: true }).catch((): string[] => [])).map((name) =>
      path.join(folder, name),
    );
  });
  const installed = await readFile("/var/lib/dpkg/status", "utf8").catch(() => "");
  return [...(await Promise.all(names)).flat().sort(), `${installed.length} bytes of status`];
}

// There is nothing to fetch, and nothing to test, on machines of other distributions.
if (obstacle === undefined) {
  test("packages are unpacked into a folder, once, and the machine's apt stays as it was", async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-packages-"));
    const said: string[] = [];
    const options = {
      names: ["busybox-static"],
      suite: "system",
      into: path.join(folder.path, "busybox"),
      path: PATH,
      env: process.env,
      onProgress: (message: string) => void said.push(message),
      signal: t.signal,
    };
    const before = await aptState();

    const versions = await fetchDebianPackages(options);
    const steps = said.length;
    const again = await fetchDebianPackages(options);

    assert.match(versions.get("busybox-static") ?? "", /1\.\d+/);
    assert.deepEqual(again, versions);
    assert.ok(steps > 0);
    assert.equal(said.length, steps, "the second call fetched again");
    assert.deepEqual(await aptState(), before);
    assert.deepEqual(await readdir(folder.path), ["busybox", "busybox.lock"]);
  });

  test("a package that does not exist is a clear problem and leaves nothing behind", async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-packages-"));
    const into = path.join(folder.path, "none");

    const fetching = fetchDebianPackages({
      names: ["no-such-package"],
      suite: "system",
      into,
      path: PATH,
      signal: t.signal,
    });

    await assert.rejects(fetching, (error) => {
      assert.ok(isProblem(error, "engine_install_failed"));
      assert.match(error.message, /no-such-package/);
      return true;
    });
    await assert.rejects(access(into));
    assert.deepEqual(await readdir(folder.path), ["none.lock"]);
  });
}
