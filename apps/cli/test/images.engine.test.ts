import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { digestOf } from "@opendepot/oci";
import {
  prepareTestTools,
  registerEmulator,
  runProgram,
  startDockerd,
  startRegistry,
  type TestDockerd,
  type TestRegistry,
  testEngineKinds,
} from "@opendepot/testing";
import { hasImage } from "./has-image.ts";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const APP = `${BASE}RUN echo saved > /word\nCMD ["/bin/cat", "/word"]\n`;
const FOR_ALL = "FROM scratch\nARG TARGETARCH\nLABEL for=$TARGETARCH\nCOPY Dockerfile /\n";
const BAKE = `
group "default" { targets = ["web", "api"] }
target "base" { dockerfile = "base.Dockerfile" }
target "web" {
  dockerfile = "web.Dockerfile"
  contexts = { base = "target:base" }
  tags = ["acme/web:1"]
}
target "api" {
  dockerfile = "web.Dockerfile"
  contexts = { base = "target:base" }
  args = { WORD = "the api" }
}
`;
const BAKED = {
  "docker-bake.hcl": BAKE,
  "base.Dockerfile": BASE,
  "web.Dockerfile": 'FROM base\nARG WORD="the web"\nRUN echo $WORD > /word\nCMD ["/bin/cat", "/word"]\n',
};
const STORES = ["containerd", "graphdriver"] as const;
const login = { username: "ann", password: "a pass word" };

/** The build that `--save` told of. */
function savedId(stderr: string): string {
  return /depot pull --project \S+ (\S+)\n/.exec(stderr)?.[1] ?? assert.fail(stderr);
}

async function wordOf(docker: TestDockerd, image: string): Promise<string> {
  const { stdout, stderr } = await docker.docker(["run", "--rm", "--network", "none", image]);
  return stdout.trim() || stderr;
}

async function namesIn(docker: TestDockerd): Promise<string[]> {
  return (await docker.docker(["images", "--format", "{{.Repository}}:{{.Tag}}"])).stdout.trim().split("\n").sort();
}

// Saved images are the same whichever engine made them.
for (const engine of (await testEngineKinds()).slice(0, 1)) {
  suite(`saved images on ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let depot: TestDepot;
    let host: string;
    let registry: TestRegistry;
    before(async () => {
      depot = cleanup.use(await openDepot(engine));
      host = new URL(depot.server.url).host;
      registry = cleanup.use(await startRegistry());
    });
    after(() => cleanup.disposeAsync());

    const succeed = async (args: readonly string[], options: Parameters<TestDepot["run"]>[1] = {}) => {
      const outcome = await depot.run(args, options);
      assert.equal(outcome.code, 0, outcome.stderr);
      return outcome;
    };

    async function rawManifest(image: string, creds: string): Promise<string> {
      const { skopeo } = await prepareTestTools();
      const args = ["inspect", "--raw", "--tls-verify=false", "--creds", creds, `docker://${image}`];
      const { code, stdout, stderr } = await runProgram([skopeo, "--insecure-policy", ...args]);
      assert.equal(code, 0, stderr);
      return stdout;
    }

    const savedManifest = (tag: string): Promise<string> =>
      rawManifest(`${host}/${depot.projectId}:${tag}`, `x-token:${depot.server.token}`);

    test("a saved build is listed, and says how it is got; its own names are not pushed anywhere", async () => {
      await using context = await openContext({ Dockerfile: APP });
      const files = ["--metadata-file", "meta.json"];
      const tags = ["--save-tag", "v1", "--save-tag", "team/app:v1"];

      const { stderr } = await depot.build(["--save", ...tags, "-t", "nowhere.invalid/app:1", ...files, "."], {
        cwd: context.path,
      });

      const id = savedId(stderr);
      assert.doesNotMatch(stderr, /no output specified/);
      assert.match(stderr, new RegExp(`docker pull ${host}/${depot.projectId}/team/app:v1\n`));
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      assert.deepEqual(metadata["depot.build"], { buildID: id, projectID: depot.projectId });
      const { stdout } = await succeed(["image", "list", "--output", "json"]);
      const images = JSON.parse(stdout) as { tag: string; digest: string; size_bytes: number; pushed_at: string }[];
      assert.deepEqual(images.map(({ tag }) => tag).sort(), ["team/app:v1", "v1", id].sort());
      for (const { digest, size_bytes: size, pushed_at: at } of images) {
        assert.equal(digest, metadata["containerimage.digest"]);
        assert(size > 100_000 && Date.parse(at) > 0);
      }
      assert.equal(digestOf(Buffer.from(await savedManifest("v1"))), metadata["containerimage.digest"]);
    });

    test("a build is saved and pushed, saved and loaded, saved beside files", async () => {
      await using docker = await startDockerd({ store: "containerd" });
      await using context = await openContext({ Dockerfile: APP });
      const env = { DOCKER_HOST: docker.host };
      const options = { cwd: context.path, env };

      await depot.build(["--save", "--save-tag", "both", "--push", "-t", `${registry.host}/both:1`, "."], options);
      await depot.build(["--save", "--save-tag", "loaded", "--load", "-t", "loaded:1", "."], options);
      await depot.build(["--save-tag", "files", "-o", "type=local,dest=out", "."], options);

      assert(await hasImage(registry, "both"));
      assert.equal(await wordOf(docker, "loaded:1"), "saved");
      assert.equal(await readFile(join(context.path, "out/word"), "utf8"), "saved\n");
      for (const tag of ["both", "loaded", "files"]) assert.match(await savedManifest(tag), /"layers"/);
    });

    test("quiet builds tell nothing but the image, and a bad tag is told before anything is built", async () => {
      await using context = await openContext({ Dockerfile: APP });

      const quiet = await succeed(["build", "-q", "--save", "."], { cwd: context.path });
      const bad = await depot.run(["build", "--save", "--save-tag", "ghcr.io/acme/app:1", "."], { cwd: context.path });

      assert.match(quiet.stdout, /^sha256:[0-9a-f]{64}\n$/);
      assert.doesNotMatch(quiet.stderr, /depot pull/);
      assert.equal(bad.code, 1);
      assert.match(bad.stderr, /not a tag to save under: "ghcr.io\/acme\/app:1"\nhint: write TAG or NAME:TAG/);
      assert.doesNotMatch(bad.stderr, /load build definition/);
    });

    test("platforms of several builders become one saved index, of which any can be pulled", async () => {
      await using _emulator = await registerEmulator();
      await using docker = await startDockerd({ store: "graphdriver" });
      await using context = await openContext({ Dockerfile: FOR_ALL });
      const env = { DOCKER_HOST: docker.host };

      await depot.build(["--platform", "linux/amd64,linux/arm64", "--save", "--save-tag", "all", "."], {
        cwd: context.path,
      });
      await succeed(["pull", "-t", "own:1", "all"], { env });
      await succeed(["pull", "-t", "arm:1", "--platform", "linux/arm64", "all"], { env });
      const none = await depot.run(["pull", "--platform", "linux/s390x", "all"], { env });

      const index = JSON.parse(await savedManifest("all")) as { manifests: { platform: { architecture: string } }[] };
      const architectures = index.manifests.map(({ platform }) => platform.architecture);
      assert.deepEqual(architectures.filter((name) => name !== "unknown").sort(), ["amd64", "arm64"]);
      const labels = await docker.docker([
        "image",
        "inspect",
        "-f",
        '{{index .Config.Labels "for"}}',
        "own:1",
        "arm:1",
      ]);
      assert.equal(labels.stdout, "amd64\narm64\n");
      assert.equal(none.code, 1);
      assert.match(none.stderr, /the image has nothing for linux\/s390x\nhint: it has linux\/amd64, linux\/arm64;/);
    });

    for (const store of STORES) {
      for (const isApart of [false, true]) {
        const where = isApart ? "that does not reach the server" : "that pulls by itself";
        test(`pull by build, tag and reference into a Docker with ${store} ${where}`, async () => {
          await using docker = await startDockerd({ store, isApart });
          await using context = await openContext({ Dockerfile: APP });
          const env = { DOCKER_HOST: docker.host };
          const saving = ["--save", "--save-tag", "pulled", "-t", "acme/pulled:1", "."];
          const id = savedId((await depot.build(saving, { cwd: context.path })).stderr);
          const place = `${host}/${depot.projectId}`;

          const first = await succeed(["pull", "--progress", "plain", id], { env });
          await succeed(["pull", "-t", "mine", "-t", "mine/too:2", "pulled"], { env });
          await succeed(["pull", `${depot.projectId}:pulled`], { env, cwd: "/" });
          await succeed(["pull", "-t", "whole:1", `${place}:pulled`], { env });

          assert.equal(/passing the image on to Docker, since/.test(first.stderr), isApart, first.stderr);
          const names = [`${place}:${id}`, "acme/pulled:1", "mine:latest", "mine/too:2", `${place}:pulled`, "whole:1"];
          assert.deepEqual(await namesIn(docker), names.sort());
          assert.equal(await wordOf(docker, "mine/too:2"), "saved");
        });
      }
    }

    test("a pull token is printed alone, pulls for any client and for depot pull, and makes no other", async () => {
      await using docker = await startDockerd({ store: "containerd" });
      await using context = await openContext({ Dockerfile: APP });
      const id = savedId((await depot.build(["--save", "--save-tag", "token", "."], { cwd: context.path })).stderr);
      const place = `${host}/${depot.projectId}`;

      const { stdout } = await succeed(["pull-token"]);
      const ofBuild = await succeed(["pull-token", id], { env: { DEPOT_PROJECT_ID: "" } });

      assert.match(stdout, /^\S+\n$/);
      const env = { DOCKER_HOST: docker.host, DEPOT_TOKEN: stdout.trim() };
      const logged = await docker.docker(["login", host, "-u", "x-token", "--password-stdin"], { input: stdout });
      assert.equal(logged.code, 0, logged.stderr);
      const pulled = await docker.docker(["pull", `${place}:token`]);
      assert.equal(pulled.code, 0, pulled.stderr);
      await succeed(["pull", "-t", "by:token", "token"], { env });
      await succeed(["pull", "-t", "by:build", id], { env: { ...env, DEPOT_TOKEN: ofBuild.stdout.trim() } });
      await succeed(["push", "-t", `${place}:not-of-the-build`, id]);
      await docker.docker(["login", host, "-u", "x-token", "--password-stdin"], { input: ofBuild.stdout });
      assert.equal((await docker.docker(["pull", `${place}:token`])).code, 0);
      assert.match((await docker.docker(["pull", `${place}:not-of-the-build`])).stderr, /not found|manifest unknown/);
      assert.equal((await depot.run(["pull-token"], { env })).code, 1);
    });

    test("a bake saves the targets that were asked for; they are pulled together or one by one", async () => {
      await using docker = await startDockerd({ store: "containerd" });
      await using context = await openContext(BAKED);
      const env = { DOCKER_HOST: docker.host };
      const place = `${host}/${depot.projectId}`;

      const saved = ["bake", "--progress", "plain", "--save", "--save-tag", "baked", "--metadata-file", "meta.json"];
      const { stderr } = await succeed(saved, { cwd: context.path });
      const id = savedId(stderr);
      await succeed(["pull", id], { env });
      await succeed(["pull", "-t", "both", id], { env });
      await succeed(["pull", "--target", "api", "-t", "one:1", id], { env });
      await succeed(["pull", "-t", "tagged:1", "baked-api"], { env });
      const unknown = await depot.run(["pull", "--target", "base", id], { env });

      assert.match(stderr, /Saved: web, api\n|Saved: api, web\n/);
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      assert.deepEqual([...metadata["depot.build"].targets].sort(), ["api", "base", "web"]);
      const own = [`${place}:${id}-api`, `${place}:${id}-web`, `${place}:baked-api`, "acme/web:1"];
      const given = ["both-api:latest", "both-web:latest", "one:1", "tagged:1"];
      assert.deepEqual(await namesIn(docker), [...own, ...given].sort());
      assert.equal(await wordOf(docker, "acme/web:1"), "the web");
      assert.equal(await wordOf(docker, "one:1"), "the api");
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /target base not found\nhint: the available targets are (?:web, api|api, web)\n/);
    });

    test("push copies to another registry from the server, with this machine's credentials", async () => {
      await using guarded = await startRegistry({ login });
      await using context = await openContext(BAKED);
      const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
      await mkdir(join(context.path, "docker"));
      await writeFile(
        join(context.path, "docker/config.json"),
        JSON.stringify({ auths: { [guarded.host]: { auth } } }),
      );
      const env = { DOCKER_CONFIG: join(context.path, "docker") };
      const bake = await succeed(["bake", "--save"], { cwd: context.path });
      const id = savedId(bake.stderr);
      const names = [`${guarded.host}/acme/web:1`, `${guarded.host}/acme/web:2`];

      const pushing = ["push", "--progress", "plain", ...names.flatMap((name) => ["-t", name])];
      const { stdout, stderr } = await succeed([...pushing, "--target", "web", id], { env });
      const denied = await depot.run([...pushing, "--target", "web", id]);
      const several = await depot.run([...pushing, id], { env });
      const none = await depot.run(["push", id], { env });

      const digest = digestOf(Buffer.from(await savedManifest(`${id}-web`)));
      assert.equal(stdout, names.map((name) => `${name}@${digest}\n`).join(""));
      assert.doesNotMatch(stderr, /passing the image on/);
      for (const name of names) {
        assert.equal(digestOf(Buffer.from(await rawManifest(name, `${login.username}:${login.password}`))), digest);
      }
      assert.match(denied.stderr, /error: cannot .* at .*acme\/web: .*\nhint: log in with "docker login/);
      assert.match(several.stderr, /the build saved several targets\nhint: choose with --target; .*web/);
      assert.match(none.stderr, /missing tag.*\nhint: name it with -t/);
      assert(!depot.server.output().includes(login.password));
    });

    test("push to another project of the server sends nothing", async () => {
      await using context = await openContext({ Dockerfile: APP });
      await depot.build(["--save", "--save-tag", "moved", "."], { cwd: context.path });
      const created = await succeed(["projects", "create", "other"]);
      const other = /Project ID:\s+(\S+)/.exec(created.stdout)?.[1] ?? assert.fail(created.stdout);

      // What the environment has for all registries is not for the server's own.
      const env = { DEPOT_PUSH_REGISTRY_USERNAME: "ann", DEPOT_PUSH_REGISTRY_PASSWORD: "elsewhere" };
      const pushed = await succeed(["push", "--progress", "plain", "-t", `${host}/${other}:moved`, "moved"], { env });
      await succeed(["image", "rm", "moved"]);
      const listed = await succeed(["image", "ls", "--project", other, "--output", "csv"]);

      assert.match(pushed.stderr, /taken over/);
      assert.match(listed.stdout, /^Tag,Digest,Size \(bytes\),Pushed At\nmoved,sha256:/);
    });

    test("images are removed by their tags, and what is not there is told", async () => {
      await using context = await openContext({ Dockerfile: APP });
      await depot.build(["--save", "--save-tag", "gone", "--save-tag", "team/gone:1", "."], { cwd: context.path });

      await succeed(["image", "rm", "gone", "team/gone:1"]);
      const again = await depot.run(["image", "rm", "gone"]);
      const pulled = await depot.run(["push", "-t", `${registry.host}/gone:1`, "gone"]);

      const { stdout } = await succeed(["image", "list"]);
      assert.doesNotMatch(stdout, /gone/);
      assert.equal(again.code, 1);
      assert.match(again.stderr, /no saved image "gone"/);
      assert.equal(pulled.code, 1);
    });

    test("builds that saved nothing, empty names and no name at all end in what to do", async () => {
      await using docker = await startDockerd({ store: "containerd" });
      await using context = await openContext({ Dockerfile: APP });
      const env = { DOCKER_HOST: docker.host };
      await depot.build(["-o", "type=cacheonly", "."], { cwd: context.path });
      const [newest] = JSON.parse((await succeed(["list", "builds", "--output", "json"])).stdout) as { id: string }[];
      const id = newest?.id ?? assert.fail();

      const unsaved = await depot.run(["pull", id], { env });
      const empty = await depot.run(["pull", ""], { env });
      const missing = await depot.run(["pull"], { env });
      const unknown = await depot.run(["pull", "no-such-image"], { env });
      const foreign = await depot.run(["pull", "nosuchproj:v1"], { env });

      assert.match(unsaved.stderr, new RegExp(`build ${id} is not a saved build\nhint: .*--save`));
      assert.match(empty.stderr, /build ID or tag must not be empty/);
      assert.match(missing.stdout, new RegExp(`^Build ID,Status,Start Time,Duration \\(s\\)\n${id},finished,`));
      assert.match(missing.stderr, /error: build ID must be specified/);
      assert.match(unknown.stderr, /no build and no saved image/);
      assert.match(foreign.stderr, /no build and no saved image/);
      for (const { code } of [unsaved, empty, missing, unknown, foreign]) assert.equal(code, 1);
    });

    test("all of it works over TLS with a certificate of the server's own authority", async () => {
      await using secured = await openDepot(engine, ["--tls", "own", "--push-targets", "none"]);
      await using docker = await startDockerd({ store: "containerd" });
      await using apart = await startDockerd({ store: "containerd", isApart: true });
      await using _emulator = await registerEmulator();
      await using context = await openContext({ Dockerfile: FOR_ALL });
      const both = ["--platform", "linux/amd64,linux/arm64", "--save", "--save-tag", "v1"];

      await secured.build([...both, "."], { cwd: context.path });
      const outcomes = [
        await secured.run(["pull", "-t", "tls:1", "v1"], { env: { DOCKER_HOST: docker.host } }),
        await secured.run(["pull", "-t", "tls:1", "v1"], { env: { DOCKER_HOST: apart.host } }),
        await secured.run(["push", "-t", `${registry.host}/tls:1`, "v1"]),
      ];

      for (const { code, stderr } of outcomes) assert.equal(code, 0, stderr);
      for (const into of [docker, apart]) assert.equal((await into.docker(["image", "inspect", "tls:1"])).code, 0);
      assert(await hasImage(registry, "tls"));
    });

    test("a registry without TLS that is not on loopback is pushed to where it was named, here or to the server", async () => {
      // The same machine, by an address that nobody takes for its loopback.
      const place = registry.host.replace("127.0.0.1", "[::ffff:7f00:1]");
      await using told = await openDepot(engine, ["--plain-http-registries", place]);
      await using context = await openContext({ Dockerfile: APP });
      for (const one of [depot, told]) await one.build(["--save", "--save-tag", "bare", "."], { cwd: context.path });
      const pushing = (repository: string) => ["push", "--progress", "plain", "-t", `${place}/${repository}:1`, "bare"];

      const untold = await depot.run(pushing("untold"));
      const byServer = await told.run(pushing("by-server"));
      const byClient = await depot.run([...pushing("by-client"), "--plain-http", place]);
      const slip = await depot.run([...pushing("slip"), "--plain-http", "elsewhere:5000"]);

      assert.equal(untold.code, 1);
      assert.match(untold.stderr, /does not speak TLS\nhint: --plain-http \S+ sends the image/);
      assert.deepEqual([byServer.code, byClient.code], [0, 0], byServer.stderr + byClient.stderr);
      assert.doesNotMatch(byServer.stderr, /passing the image on/);
      assert.match(byClient.stderr, /passing the image on/);
      assert.match(slip.stderr, /"elsewhere:5000" for --plain-http: no --tag names this registry/);
      for (const name of ["by-server", "by-client"]) assert(await hasImage(registry, name), name);
      for (const name of ["untold", "slip"]) assert(!(await hasImage(registry, name)), name);
    });

    test("a server that may not go to the registry leaves the copy to this process", async () => {
      await using strict = await openDepot(engine, ["--push-targets", "none"]);
      await using context = await openContext({ Dockerfile: APP });
      await strict.build(["--save", "--save-tag", "v1", "."], { cwd: context.path });

      const pushed = await strict.run(["push", "--progress", "plain", "-t", `${registry.host}/passed:1`, "v1"]);

      assert.equal(pushed.code, 0, pushed.stderr);
      assert.match(pushed.stderr, /\[depot\] passing the image on, since the server says: .*may not be spoken to/);
      assert(await hasImage(registry, "passed"));
      const empty = await strict.run(["image", "list", "--output", "table", "--project", strict.projectId]);
      assert.match(empty.stdout, /^TAG +SIZE +PUSHED +DIGEST\n/);
    });
  });
}
