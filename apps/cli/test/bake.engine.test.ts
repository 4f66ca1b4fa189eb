import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { registerEmulator, startRegistry, startTestServer, type TestServer, testEngineKinds } from "@opendepot/testing";
import { BASE, openContext } from "./open-context.ts";
import { type DepotOptions, type DepotOutcome, runDepot } from "./run-depot.ts";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** Bytes that the builder took as contexts, as the plain display tells them. */
function sentMegabytes(stderr: string): number {
  const byStep = new Map<string, number>();
  for (const [, step = "", amount, unit] of stderr.matchAll(/^#(\d+) transferring context: ([\d.]+)(k?M?B)/gm)) {
    byStep.set(step, Math.max(byStep.get(step) ?? 0, Number(amount) * (unit === "MB" ? 1 : 0)));
  }
  return [...byStep.values()].reduce((sum, each) => sum + each, 0);
}

/** As far as it is looked at. */
interface Metadata {
  readonly "buildx.build.warnings"?: readonly { readonly short: string }[];
  readonly one: Readonly<Record<string, unknown>>;
}

const summaries = ({ stderr }: DepotOutcome): Set<string> => new Set(stderr.match(/Build summary: \S+/g));

for (const engine of await testEngineKinds()) {
  suite(`depot bake through a server with ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let server: TestServer;
    let projectId = "";
    const depot = (args: readonly string[], options: DepotOptions = {}): Promise<DepotOutcome> =>
      runDepot(args, {
        ...options,
        env: { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, DEPOT_PROJECT_ID: projectId, ...options.env },
      });
    const bake = (cwd: string, ...args: string[]): Promise<DepotOutcome> =>
      depot(["bake", "--progress", "plain", ...args], { cwd });
    const createProject = async (name: string): Promise<string> =>
      /Project ID:\s+(\S+)/.exec((await depot(["projects", "create", name])).stdout)?.[1] ?? assert.fail();
    const builds = async (project = projectId): Promise<{ id: string; status: string }[]> =>
      JSON.parse((await depot(["list", "builds", "--project", project, "--output", "json"])).stdout);

    before(async () => {
      cleanup.use(await registerEmulator()); // a builder for arm64 is only given where its programs run
      server = cleanup.use(await startTestServer({ engine }));
      projectId = await createProject("bake");
    });
    after(() => cleanup.disposeAsync());

    test("targets are linked across architectures, a context that they share is sent once, in one build", async () => {
      await using context = await openContext({
        "docker-bake.hcl": `
          group "default" { targets = ["app", "twin"] }
          target "base" {
            platforms  = ["linux/amd64"]
            dockerfile = "base.Dockerfile"
          }
          target "app" {
            platforms = ["linux/arm64"]
            contexts  = { lower = "target:base" }
            output    = ["type=local,dest=app"]
          }
          target "twin" {
            inherits = ["app"]
            output   = ["type=local,dest=twin"]
          }`,
        "base.Dockerfile": "FROM scratch\nARG TARGETARCH\nENV OF=$TARGETARCH\nCOPY big /big\nCOPY busybox /of-base\n",
        Dockerfile: "FROM scratch\nCOPY --from=lower /of-base /from-base\nCOPY big /big\n",
      });
      await writeFile(join(context.path, "big"), randomBytes(8_000_000));

      const built = await bake(context.path, "--metadata-file", "meta.json");

      assert.equal(built.code, 0, built.stderr);
      const files = await Promise.all(
        ["app/from-base", "twin/from-base", "busybox"].map((name) => readFile(join(context.path, name))),
      );
      assert.ok(files.every((file) => file.equals(files[0] ?? Buffer.alloc(0))));
      // Two builders: each takes what it needs once.
      assert.ok(sentMegabytes(built.stderr) < 19, built.stderr);
      assert.equal(summaries(built).size, 1);
      const [build, ...others] = await builds();
      assert.deepEqual([build?.status, others.length], ["finished", 0]);
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      assert.deepEqual(Object.keys(metadata), ["app", "base", "depot.build", "twin"]);
      assert.deepEqual(metadata["depot.build"], {
        buildID: build?.id,
        projectID: projectId,
        targets: metadata["depot.build"].targets,
      });
      assert.match(metadata.app["buildx.build.ref"], /\S/);
    });

    test("the first failure stops the other targets, with buildx's words", async () => {
      await using context = await openContext({
        "docker-bake.json": JSON.stringify({
          group: { default: { targets: ["bad", "slow"] } },
          target: { bad: { target: "bad" }, slow: { target: "slow" } },
        }),
        Dockerfile: `${BASE}FROM base AS slow\nRUN echo slow; sleep 100\nFROM base AS bad\nRUN echo why; sleep 1; exit 3\n`,
      });

      const { code, stderr, stdout, tookMs } = await bake(context.path);

      assert.deepEqual([code, stdout], [1, ""]);
      assert.ok(tookMs < 60_000, `${tookMs} ms`);
      assert.match(stderr, /Dockerfile:\d+\n-+\n[\s\S]*>>> RUN echo why/);
      assert.match(
        stderr,
        /^ERROR: target bad: failed to solve: process "\/bin\/sh -c echo why; sleep 1; exit 3" did not complete successfully: exit code: 3$/m,
      );
      assert.match(stderr, /slow.*CANCELED|CANCELED/);
      assert.equal((await builds())[0]?.status, "failed");
    });

    test("frontends are asked for several targets, and findings are told before a build", async () => {
      await using context = await openContext({
        "docker-bake.hcl": `
          group "default" { targets = ["one", "two"] }
          target "one" { dockerfile-inline = "FROM scratch as first\\nCOPY Dockerfile /\\n" }
          target "two" {}`,
        Dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
      });

      const checked = await bake(context.path, "--check");
      const listed = await bake(context.path, "--call", "targets,format=json");
      const linted = await bake(context.path, "--lint", "--lint-fail-on", "info");

      assert.equal(checked.code, 1);
      assert.match(checked.stdout, /^one\n[\s\S]*FromAsCasing[\s\S]*\ntwo\n[\s\S]*Check complete, no warnings found/m);
      assert.equal(listed.code, 0, listed.stderr);
      const targets = JSON.parse(listed.stdout) as Record<string, { targets: { name?: string }[] }>;
      assert.deepEqual([Object.keys(targets), targets["one"]?.targets[0]?.name], [["one", "two"], "first"]);
      assert.equal(linted.code, 1);
      assert.match(linted.stderr, /FromAsCasing/);
    });

    test("the metadata file has the warnings of all targets, each once, when it is told to", async () => {
      await using context = await openContext({
        "docker-bake.hcl": `
          group "default" { targets = ["one", "two"] }
          target "one" { target = "first" }
          target "two" {}`,
        Dockerfile: "FROM scratch as first\nCOPY Dockerfile /one\nFROM first\nCOPY Dockerfile /two\n",
      });
      const metadata = async (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Metadata> => {
        const flags = ["bake", "--progress", "plain", "--metadata-file", "meta.json", ...args];
        const { code, stderr } = await depot(flags, { cwd: context.path, env });
        assert.equal(code, 0, stderr);
        return JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      };
      const asked = { BUILDX_METADATA_WARNINGS: "true", BUILDX_METADATA_PROVENANCE: "disabled" };

      const told = await metadata(asked);
      const untold = await metadata({});
      const called = await metadata(asked, "--call", "targets");

      const texts = told["buildx.build.warnings"]?.map(({ short }) => Buffer.from(short, "base64").toString());
      assert.deepEqual([texts?.length, /^FromAsCasing: /.test(texts?.[0] ?? "")], [1, true], JSON.stringify(told));
      assert.equal("buildx.build.provenance" in told.one, false);
      assert.equal("buildx.build.provenance" in untold.one, true);
      for (const { "buildx.build.warnings": warnings } of [untold, called]) assert.equal(warnings, undefined);
    });

    test("each project has one build of its own, with its own URL", async () => {
      await using context = await openContext({
        "compose.yaml": `
services:
  api:
    build: { dockerfile_inline: "FROM scratch\\nCOPY busybox /api" }
    x-depot: { project-id: PROJECT }
  web:
    build:
      dockerfile_inline: "FROM scratch\\nCOPY busybox /web"
      x-bake: { output: "type=local,dest=web" }
  worker:
    build: { dockerfile_inline: "FROM scratch\\nCOPY busybox /worker" }
`,
      });
      const [other, before] = [await createProject("other"), (await builds()).length];
      const text = await readFile(join(context.path, "compose.yaml"), "utf8");
      await writeFile(join(context.path, "compose.yaml"), text.replace("PROJECT", other));

      const built = await bake(context.path, "--metadata-file", "meta.json");

      assert.equal(built.code, 0, built.stderr);
      assert.equal(summaries(built).size, 2);
      assert.deepEqual([(await builds()).length - before, (await builds(other)).length], [1, 1]);
      assert.ok((await readFile(join(context.path, "web/web"))).length > 0);
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      const targets = metadata["depot.build"].map((one: { projectID: string; targets: string[] }) => [
        one.projectID,
        one.targets.toSorted(),
      ]);
      assert.deepEqual(
        new Map(targets),
        new Map([
          [other, ["api"]],
          [projectId, ["web", "worker"]],
        ]),
      );
    });

    test("several targets are pushed, those of a matrix under the names that --var and --set give them", async () => {
      await using registry = await startRegistry();
      await using context = await openContext({
        "other.hcl": `
          variable "TAG" { default = "latest" }
          target "app" {
            name   = "app-\${flavor}"
            matrix = { flavor = ["one", "two"] }
            args   = { FLAVOR = flavor }
            tags   = ["${registry.host}/\${flavor}:\${TAG}"]
          }`,
        Dockerfile: "FROM scratch\nARG FLAVOR\nLABEL flavor=$FLAVOR\nCOPY busybox /\n",
      });

      const built = await depot(
        ["bake", "--push", "--var", "TAG=v2", "--set", "*-two.labels.set=yes", "--metadata-file", "meta.json", "app"],
        { cwd: context.path, env: { BUILDX_BAKE_FILE: "other.hcl" } },
      );

      assert.equal(built.code, 0, built.stderr);
      const tags = await Promise.all(
        ["one", "two"].map(async (name) => await (await fetch(`${registry.url}/v2/${name}/tags/list`)).json()),
      );
      assert.deepEqual(tags, [
        { name: "one", tags: ["v2"] },
        { name: "two", tags: ["v2"] },
      ]);
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      assert.match(metadata["app-two"]["containerimage.digest"], /^sha256:/);
      assert.equal(metadata["app-two"]["image.name"], `${registry.host}/two:v2`);
    });

    test("every target's SBOM is a file that is named after it", async () => {
      await using registry = await startRegistry();
      await using context = await openContext({
        "docker-bake.hcl": `
          group "default" { targets = ["app", "worker"] }
          target "scanner" {
            dockerfile = "scanner.Dockerfile"
            output     = ["type=registry,name=${registry.host}/scanner"]
          }
          target "app" { attest = ["type=sbom,generator=${registry.host}/scanner"] }
          target "worker" { inherits = ["app"] }`,
        Dockerfile: "FROM scratch\nCOPY busybox /\n",
        "scanner.Dockerfile": `${BASE}COPY scan /\nENTRYPOINT ["/bin/sh", "/scan"]\n`,
        scan: `echo '{"predicateType": "https://spdx.dev/Document", "predicate": {}}' > $BUILDKIT_SCAN_DESTINATION/sbom.spdx.json\n`,
      });

      const scanner = await bake(context.path, "scanner");
      const built = await bake(context.path, "--sbom-dir", "sboms");

      assert.deepEqual([scanner.code, built.code], [0, 0], scanner.stderr + built.stderr);
      assert.deepEqual((await readdir(join(context.path, "sboms"))).sort(), [
        `app_linux_${architecture}.spdx.json`,
        `worker_linux_${architecture}.spdx.json`,
      ]);
    });

    test("a file on stdin is built; what it may not do has to be allowed", async () => {
      await using context = await openContext({ "work/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n" });
      const text = 'target "default" {\n  output = ["type=local,dest=../out"]\n}\n';
      const ask = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<DepotOutcome> =>
        depot(["bake", "--progress", "plain", "-f", "-", ...args], {
          cwd: join(context.path, "work"),
          stdin: text,
          env,
        });

      const refused = await ask([]);
      const allowed = await ask(["--allow", "fs.write=.."]);
      const unchecked = await ask([], { BUILDX_BAKE_ENTITLEMENTS_FS: "0" });

      assert.equal(refused.code, 1);
      assert.match(refused.stderr, / - Write access to path \.\.\n\nPass "--allow=fs\.write=\.\." to grant/);
      assert.match(refused.stderr, /\ndepot bake --allow=fs\.write=\.\. --progress plain -f -\n/);
      assert.match(refused.stderr, /^ERROR: additional privileges requested$/m);
      assert.deepEqual([allowed.code, unchecked.code], [0, 0], allowed.stderr + unchecked.stderr);
    });
  });
}
