import assert from "node:assert/strict";
import { copyFile, glob, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  type ProgramOutcome,
  prepareTestTools,
  runProgram,
  startDockerd,
  startLazyBuildkitd,
  startTestServer,
  type TestServer,
  testBaseImage,
  testEngineKinds,
} from "@opendepot/testing";
import { createProject, makeWorkFolder, root, type WorkFolder } from "../support.ts";
import { checkEstargz, checkWholeLayer, type EstargzDescriptor } from "./estargz.ts";
import { type PullRecorder, type RecordedPull, startPullRecorder } from "./pull-recorder.ts";

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly EstargzDescriptor[];
}

const FILES = 2200;
const DOCKERFILE = `
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]

FROM base AS app
RUN mkdir /app && echo lazily > /app/word && head -c 9000000 /dev/urandom > /app/large
CMD ["/bin/cat", "/app/word"]

FROM base AS one
RUN mkdir /many && for i in $(seq ${FILES}); do head -c 3000 /dev/urandom > /many/$i; done

FROM base AS two
RUN --mount=from=one,target=/one cp -r /one/many / && \
  for i in $(seq 1 2 ${FILES}); do head -c 3000 /dev/urandom > /many/$i; done
`;
const ESTARGZ = "compression=estargz,oci-mediatypes=true,force-compression=true";

// That of Debian's Docker Engine would crash, which the gateway does not let happen.
for (const engine of (await testEngineKinds()).filter((kind) => kind === "buildkitd")) {
  suite(`images that need not be pulled as a whole, made by ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let server: TestServer;
    let recorder: PullRecorder;
    let home: WorkFolder;
    let projectId = "";
    let host = "";

    before(async () => {
      server = cleanup.use(await startTestServer({ engine }));
      host = new URL(server.url).host;
      recorder = cleanup.use(await startPullRecorder(host));
      projectId = await createProject(server, "lazy");
      home = cleanup.use(await makeWorkFolder());
      await mkdir(join(home.path, "context"));
      await copyFile(join(await testBaseImage(), "busybox"), join(home.path, "context/busybox"));
      await writeFile(join(home.path, "context/Dockerfile"), DOCKERFILE);
      const auth = Buffer.from(`x-token:${server.token}`).toString("base64");
      const auths = { [host]: { auth }, [recorder.host]: { auth } };
      await writeFile(join(home.path, "config.json"), JSON.stringify({ auths }));
    });
    after(() => cleanup.disposeAsync());

    async function depot(...args: string[]): Promise<string> {
      const env = {
        ...{ PATH: process.env["PATH"], HOME: home.path, DOCKER_CONFIG: home.path, DEPOT_RUN_SOURCES: "1" },
        ...{ DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, DEPOT_PROJECT_ID: projectId },
      };
      const argv = [process.execPath, join(root, "apps/cli/bin/depot.js"), "build", "--progress", "plain", ...args];
      const outcome = await runProgram(argv, { cwd: join(home.path, "context"), env });
      return succeeded(outcome, argv);
    }

    const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
      const authorization = `Basic ${Buffer.from(`x-token:${server.token}`).toString("base64")}`;
      return fetch(`${server.url}/v2/${path}`, { headers: { authorization, ...headers } });
    };

    async function manifestOf(name: string): Promise<Manifest> {
      const [repository, tag] = name.split(":");
      const accept = "application/vnd.oci.image.manifest.v1+json";
      return (await (await get(`${repository}/manifests/${tag}`, { accept })).json()) as Manifest;
    }

    /** The layer above those that all have, which is the last. */
    const topOf = async (name: string): Promise<EstargzDescriptor> =>
      (await manifestOf(name)).layers.at(-1) ?? assert.fail(`${name} has no layers`);

    test("what is saved and what the engine pushes is estargz in every layer, readable by ranges alone", async () => {
      await depot("--target", "app", "--save", "--save-tag", "app", "-o", `type=image,${ESTARGZ}`, ".");
      const pushed = `type=image,name=${host}/${projectId}/pushed:1,push=true,${ESTARGZ}`;
      await depot("--target", "app", "-o", pushed, ".");

      const manifest = await manifestOf(`${projectId}:app`);
      assert.deepEqual(await manifestOf(`${projectId}/pushed:1`), manifest);
      const config = (await (await get(`${projectId}/blobs/${manifest.config.digest}`)).json()) as {
        rootfs: { diff_ids: string[] };
      };
      const files: string[] = [];
      for (const [index, layer] of manifest.layers.entries()) {
        assert.equal(layer.mediaType, "application/vnd.oci.image.layer.v1.tar+gzip");
        const path = `${projectId}/blobs/${layer.digest}`;
        const read = async (range: string): Promise<Buffer> => {
          const answer = await get(path, { range: `bytes=${range}` });
          assert.equal(answer.status, 206);
          return Buffer.from(await answer.arrayBuffer());
        };
        files.push(...(await checkEstargz(layer, read)));
        const whole = Buffer.from(await (await get(path)).arrayBuffer());
        checkWholeLayer(whole, layer, config.rootfs.diff_ids[index] ?? "");
      }
      for (const name of ["bin/busybox", "app/word", "app/large"]) assert(files.includes(name), files.join());
    });

    for (const store of ["containerd", "graphdriver"] as const) {
      test(`docker pulls it as any other image and runs it, with its ${store} store`, async () => {
        await using docker = await startDockerd({ store });
        const image = `${host}/${projectId}:app`;
        const run = async (...args: string[]): Promise<string> => succeeded(await docker.docker(args), args);

        await run("login", host, "-u", "x-token", "-p", server.token);
        await run("pull", image);

        assert.match(await run("run", "--rm", "--network", "none", image), /^lazily$/m);
      });
    }

    test("ctr and skopeo pull it as any other image", async () => {
      const { ctr, skopeo } = await prepareTestTools();
      await using docker = await startDockerd({ store: "containerd" });
      const image = `${host}/${projectId}:app`;
      const fetching = [ctr, "--address", docker.containerdSocket, "--namespace", "test", "images", "pull"];
      const copying = [skopeo, "copy", "--insecure-policy", "--src-tls-verify=false"];

      const fetched = [...fetching, "--plain-http", "--user", `x-token:${server.token}`, image];
      succeeded(await runProgram(fetched), fetched);
      const copied = [...copying, "--src-creds", `x-token:${server.token}`, `docker://${image}`];
      succeeded(await runProgram([...copied, `dir:${join(home.path, "copied")}`]), copied);
    });

    test("BuildKit with the stargz snapshotter runs it after a few kilobytes, and gets what is read", async () => {
      await using lazy = await startLazyBuildkitd({ plainRegistries: [recorder.host] });
      const image = `${recorder.host}/${projectId}:app`;
      const top = await topOf(`${projectId}:app`);
      const run = async (command: string): Promise<{ output: string; pulls: RecordedPull[] }> => {
        await writeFile(join(home.path, "Dockerfile"), `FROM ${image}\nRUN ${command}\n`);
        recorder.take();
        const where = ["--buildkit-address", lazy.address, "-f", join(home.path, "Dockerfile"), "."];
        return { output: await depot(...where), pulls: recorder.take().filter(({ digest }) => digest === top.digest) };
      };

      const word = await run("cat /app/word");
      const large = await run("stat -c %s /app/large");
      const read = await run("md5sum /app/large");

      assert.match(word.output, /^#\d+ [\d.]+ lazily$/m);
      assert.match(large.output, /^#\d+ [\d.]+ 9000000$/m);
      assert.match(read.output, /[0-9a-f]{32} {2}\/app\/large/);
      for (const { ranges, status } of [word, read].flatMap(({ pulls }) => pulls)) {
        assert.deepEqual([ranges.length, status], [1, 206]);
      }
      const bytes = [word, read].map(({ pulls }) => pulls.reduce((sum, pull) => sum + pull.bytes, 0));
      assert.ok((bytes[0] ?? 0) < 200_000, `${bytes[0]} bytes of ${top.size} for one word`);
      assert.ok((bytes[1] ?? 0) > 8_000_000, `${bytes[1]} bytes of ${top.size} for all of it`);
    });

    test("containers/storage gets only the files that it lacks, by a thousand ranges at once", async () => {
      const { skopeo } = await prepareTestTools();
      const storage = join(home.path, "storage");
      const places = `driver = "overlay"\ngraphroot = "${storage}/root"\nrunroot = "${storage}/run"\n`;
      const options = '[storage.options.pull_options]\nenable_partial_images = "true"\n';
      await writeFile(join(home.path, "storage.conf"), `[storage]\n${places}${options}`);
      for (const name of ["one", "two"]) {
        await depot("--target", name, "--save", "--save-tag", name, "-o", `type=image,${ESTARGZ}`, ".");
      }
      const pull = async (name: string): Promise<{ log: string; pulls: RecordedPull[] }> => {
        recorder.take();
        const from = `docker://${recorder.host}/${projectId}:${name}`;
        const into = `containers-storage:[overlay@${storage}/root+${storage}/run]localhost/${name}:1`;
        const how = ["--debug", "--insecure-policy", "copy", "--src-tls-verify=false"];
        // It mounts its folder on itself; what was mounted there ends with it.
        const argv = ["unshare", "--mount", skopeo, ...how, "--src-creds", `x-token:${server.token}`, from, into];
        const env = {
          PATH: process.env["PATH"],
          HOME: home.path,
          CONTAINERS_STORAGE_CONF: join(home.path, "storage.conf"),
        };
        return { log: succeeded(await runProgram(argv, { env }), argv), pulls: recorder.take() };
      };

      await pull("one");
      const second = await pull("two");

      const top = await topOf(`${projectId}:two`);
      assert.doesNotMatch(second.log, /failed to retrieve partial blob/i);
      const pulls = second.pulls.filter(({ digest }) => digest === top.digest);
      const most = pulls.toSorted((one, other) => other.ranges.length - one.ranges.length)[0];
      assert.ok((most?.ranges.length ?? 0) > 900, `${most?.ranges.length} ranges`);
      assert.equal(most?.status, 206);
      assert.match(most?.contentType ?? "", /^multipart\/byteranges; boundary=/);
      const bytes = pulls.reduce((sum, one) => sum + one.bytes, 0);
      assert.ok(bytes < top.size * 0.65, `${bytes} bytes of ${top.size}`);
      const files = await Array.fromAsync(glob(`${storage}/root/overlay/*/diff/many/*`));
      assert.equal(files.length, 2 * FILES);
    });
  });
}

function succeeded({ code, stdout, stderr }: ProgramOutcome, argv: readonly string[]): string {
  assert.equal(code, 0, `${argv.join(" ")}\n${stdout}\n${stderr}`);
  return stdout + stderr;
}
