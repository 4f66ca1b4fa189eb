import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  prepareTestTools,
  registerEmulator,
  runProgram,
  startRegistry,
  type TestRegistry,
  testEngineKinds,
  tinyProgram,
} from "@opendepot/testing";
import { hasImage } from "./has-image.ts";
import { openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const BOTH = ["--platform", "linux/amd64,linux/arm64"];
const SAY = 'FROM scratch\nARG TARGETARCH\nCOPY say-$TARGETARCH /say\nRUN ["/say"]\nENTRYPOINT ["/say"]\n';

async function openPrograms(dockerfile: string, exitCode = 0): Promise<AsyncDisposable & { readonly path: string }> {
  const context = await openContext({ Dockerfile: dockerfile });
  for (const architecture of ["amd64", "arm64"] as const) {
    const program = tinyProgram({ architecture, says: `made by ${architecture}\n`, exitCode });
    await writeFile(join(context.path, `say-${architecture}`), program, { mode: 0o755 });
  }
  return context;
}

async function hasOtherEmulator(): Promise<boolean> {
  const names = await readdir("/proc/sys/fs/binfmt_misc").catch((): string[] => []);
  return names.some((name) => name !== "register" && name !== "status");
}

for (const engine of await testEngineKinds()) {
  suite(`depot build for several platforms on ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let depot: TestDepot;
    let registry: TestRegistry;
    before(async () => {
      depot = cleanup.use(await openDepot(engine));
      registry = cleanup.use(await startRegistry());
    });
    after(() => cleanup.disposeAsync());

    test("without a machine or an emulator for a platform, that is said before anything is pushed", async (t) => {
      if (process.arch !== "x64" || (await hasOtherEmulator())) return t.skip("this machine has an emulator");
      await using context = await openPrograms(SAY);

      const { code, stderr } = await depot.run(["build", ...BOTH, "--push", "-t", `${registry.host}/none:1`, "."], {
        cwd: context.path,
      });

      assert.equal(code, 1);
      assert.match(stderr, /error: this amd64 machine cannot run arm64 builds\nhint: .*emulator for arm64/);
      assert.equal(await hasImage(registry, "none"), false);
      assert.equal(await depot.newestStatus(), "failed");
    });

    test("each is built by its builder, the foreign one emulated, and they become one index", async () => {
      await using _emulator = await registerEmulator();
      await using context = await openPrograms(SAY);
      const tags = [`${registry.host}/both:1`, `${registry.host}/other/both:latest`];
      const files = ["--metadata-file", "meta.json", "--iidfile", "iid"];

      const { stderr } = await depot.build(
        [...BOTH, ...tags.flatMap((tag) => ["-t", tag]), "--annotation", "index:a=b", ...files, "--push", "."],
        { cwd: context.path },
      );

      assert.match(stderr, /\[depot\] the arm64 builder runs on linux\/amd64: arm64 programs are emulated and slower/);
      assert.match(stderr, /\[linux\/amd64 [\s\S]*made by amd64/);
      assert.match(stderr, /\[linux\/arm64 [\s\S]*made by arm64/);
      const { skopeo } = await prepareTestTools();
      const raw = async (tag: string): Promise<string> =>
        (await runProgram([skopeo, "inspect", "--raw", "--tls-verify=false", `docker://${tag}`])).stdout;
      const [first = "", second = ""] = await Promise.all(tags.map(raw));
      assert.equal(first, second);
      const index = JSON.parse(first) as {
        annotations: object;
        manifests: { digest: string; platform: { architecture: string }; annotations?: Record<string, string> }[];
      };
      assert.deepEqual(index.annotations, { a: "b" });
      const images = index.manifests.filter(({ platform }) => platform.architecture !== "unknown");
      assert.deepEqual(
        images.map(({ platform }) => platform.architecture),
        ["amd64", "arm64"],
      );
      const attested = index.manifests.map(({ annotations }) => annotations?.["vnd.docker.reference.digest"]);
      assert.deepEqual(
        attested.filter((digest) => digest !== undefined),
        images.map(({ digest }) => digest),
      );
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8")) as Record<string, string>;
      const stored = await fetch(`${registry.url}/v2/both/manifests/1`, {
        headers: { accept: "application/vnd.oci.image.index.v1+json" },
      });
      assert.equal(metadata["containerimage.digest"], stored.headers.get("docker-content-digest"));
      assert.equal(await readFile(join(context.path, "iid"), "utf8"), metadata["containerimage.digest"]);
    });

    test("a failure on one stops the others at once", async () => {
      await using _emulator = await registerEmulator();
      const slow = 'FROM scratch AS amd64\nCOPY busybox /busybox\nRUN ["/busybox", "sleep", "60"]\n';
      const failing = 'FROM scratch AS arm64\nCOPY say-arm64 /say\nRUN ["/say"]\n';
      await using context = await openPrograms(`${slow}${failing}FROM \${TARGETARCH}\n`, 9);

      const { code, stderr, tookMs } = await depot.run(
        ["build", "--progress", "plain", ...BOTH, "--push", "-t", `${registry.host}/failing:1`, "."],
        { cwd: context.path },
      );

      assert.equal(code, 1);
      assert(tookMs < 45_000, `${tookMs} ms`);
      assert.match(stderr, /error: failed to solve: process "\/say" did not complete successfully: exit code: 9/);
      assert.match(stderr, /^#\d+ CANCELED$/m);
      assert.equal(await hasImage(registry, "failing"), false);
    });
  });
}
