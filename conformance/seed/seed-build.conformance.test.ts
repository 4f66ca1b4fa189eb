import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type ProgramOutcome, registerEmulator, testEngineKinds } from "@opendepot/testing";
import { createProject, listBuilds, listSteps } from "../support.ts";
import { BASE, openSeedBench, type SeedBench } from "./seed-bench.ts";

/** A descriptor as an index or a manifest holds it. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const APP = `${BASE}RUN echo built > /out.txt\nCMD ["/bin/cat", "/out.txt"]\n`;
const GHA = /ignoring cache-(from|to) with type=gha: .*redundant/g;

for (const engine of await testEngineKinds()) {
  suite(`the commands about depot build that people are taught, word for word, on ${engine}`, () => {
    let bench: SeedBench;

    const cleanup = new AsyncDisposableStack();
    before(async () => {
      cleanup.use(await registerEmulator());
      bench = cleanup.use(await openSeedBench(engine));
    });
    after(() => cleanup.disposeAsync());

    const succeed = async (command: string, env?: Readonly<Record<string, string>>): Promise<ProgramOutcome> => {
      const outcome = await bench.run(command, env);
      assert.equal(outcome.code, 0, `${command}\n${outcome.stdout}${outcome.stderr}`);
      return outcome;
    };
    /** A push goes to the registry of the test, as there is no Docker Hub here: only the name has its address before it. */
    const push = async (command: string): Promise<{ image: string; outcome: ProgramOutcome }> => {
      const image = `${bench.registry.host}/repo/image:tag`;
      return { image, outcome: await succeed(command.replace("repo/image:tag", image)) };
    };

    test("depot build -t repo/image:tag .", async () => {
      await bench.write("Dockerfile", APP);

      const { stderr } = await succeed("depot build -t repo/image:tag .");

      assert.match(stderr, /no output specified.*--load.*--push/);
      const [build] = await listBuilds(bench.server, bench.projectId);
      assert.equal(build?.status, "BUILD_STATUS_FINISHED");
      const steps = await listSteps(bench.server, bench.projectId, build.id);
      assert(steps.some(({ name }) => name.includes("RUN echo built")));
      assert.equal((await bench.docker.docker(["images", "-q"])).stdout, "");
    });

    test("depot build -t my-image .", async () => {
      const { stderr } = await succeed("depot build -t my-image .");
      assert.match(stderr, /RUN echo built > \/out\.txt\n#\d+ CACHED/);
    });

    test("depot build -t repo/image:tag . --load", async () => {
      const { stderr } = await succeed("depot build -t repo/image:tag . --load");

      assert.doesNotMatch(stderr, /no output specified/);
      const ran = await bench.docker.docker(["run", "--rm", "--network", "none", "repo/image:tag"]);
      assert.equal(ran.stdout, "built\n", ran.stderr);
    });

    test("depot build -t repo/image:tag . --push", async () => {
      const { image } = await push("depot build -t repo/image:tag . --push");

      const manifest = await bench.skopeo("inspect", "--raw", image);
      assert.equal((manifest["layers"] as unknown[]).length, 3);
      const config = await bench.skopeo("inspect", "--config", "--raw", image);
      assert.deepEqual((config["config"] as Record<string, unknown>)["Cmd"], ["/bin/cat", "/out.txt"]);
    });

    test("depot build --platform linux/amd64,linux/arm64 -t repo/image:tag . --push", async () => {
      await bench.write("Dockerfile", "FROM scratch\nARG TARGETARCH\nENV FOR=$TARGETARCH\nCOPY Dockerfile /\n");

      const { image } = await push("depot build --platform linux/amd64,linux/arm64 -t repo/image:tag . --push");

      const { manifests } = (await bench.skopeo("inspect", "--raw", image)) as { manifests: Descriptor[] };
      const platforms = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`);
      assert.deepEqual(
        platforms.filter((name) => name !== "unknown/unknown"),
        ["linux/amd64", "linux/arm64"],
      );
      for (const arch of ["amd64", "arm64"]) {
        const config = await bench.skopeo("inspect", "--override-arch", arch, "--config", "--raw", image);
        assert.equal(config["architecture"], arch);
        assert((config["config"] as { Env: string[] }).Env.includes(`FOR=${arch}`));
      }
    });

    test("depot build -t repo/image:tag --push --provenance=false .", async () => {
      const command = "depot build -t repo/image:tag --push --provenance=false .";
      const single = await push(command);
      assert.equal((await bench.skopeo("inspect", "--raw", single.image))["manifests"], undefined);

      const several = await push(command.replace("build", "build --platform linux/amd64,linux/arm64"));

      const { manifests } = (await bench.skopeo("inspect", "--raw", several.image)) as { manifests: Descriptor[] };
      assert.deepEqual(
        manifests.map(({ platform }) => platform?.architecture),
        ["amd64", "arm64"],
      );
    });

    test("depot build -t repo/image:tag . --lint", async () => {
      await bench.write("Dockerfile", "FROM scratch as lower\nCOPY Dockerfile /\n");

      const { stderr, stdout } = await succeed("depot build -t repo/image:tag . --lint");

      assert.match(stdout + stderr, /FromAsCasing/);
      assert.match(stdout + stderr, /FROM scratch as lower/);
      assert.match(stderr, /COPY Dockerfile/);
    });

    test("depot build --secret id=mysecret,src=./secret.txt -t repo/image:tag .", async () => {
      await bench.write("secret.txt", "the secret");
      const use =
        'RUN --mount=type=secret,id=mysecret [ "$(cat /run/secrets/mysecret)" = "the secret" ] && echo matched\n';
      await bench.write("Dockerfile", BASE + use);

      const { stderr } = await succeed("depot build --secret id=mysecret,src=./secret.txt -t repo/image:tag .");

      assert.match(stderr, /^#\d+ [\d.]+ matched$/m);
    });

    test("depot build --ssh default -t repo/image:tag .", async () => {
      await using agent = await openAgent(join(bench.folder, "../agent.sock"));
      await bench.write("Dockerfile", `${BASE}RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo socket\n`);

      const { stderr } = await succeed("depot build --ssh default -t repo/image:tag .", {
        SSH_AUTH_SOCK: agent.path,
      });

      assert.match(stderr, /^#\d+ [\d.]+ socket$/m);
    });

    test("depot build --project <project-id> -t repo/image:tag .", async () => {
      await bench.write("Dockerfile", APP);
      const other = await createProject(bench.server, "other");
      const command = "depot build --project <project-id> -t repo/image:tag .".replace("<project-id>", other);

      await succeed(command, { DEPOT_PROJECT_ID: bench.projectId });

      assert.equal((await listBuilds(bench.server, other)).length, 1);
    });

    test('depot build --output "type=image,…,compression=estargz,…" .', async () => {
      await bench.write("Dockerfile", `${BASE}RUN head -c 100000 /dev/urandom > /data\n`);
      const command =
        'depot build --output "type=image,name=repo/image:tag,push=true,compression=estargz,oci-mediatypes=true,force-compression=true" .';
      if (engine === "dockerd") {
        const refused = await bench.run(command);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /error: .*estargz/);
        assert.match(refused.stderr, /hint: .*zstd/);
        return;
      }

      const { image } = await push(command);

      const layers = await layersOf(image);
      assert.equal(layers.length, 3);
      for (const { mediaType, annotations } of layers) {
        assert.equal(mediaType, "application/vnd.oci.image.layer.v1.tar+gzip");
        assert.match(annotations?.["containerd.io/snapshot/stargz/toc.digest"] ?? "", /^sha256:/);
      }
    });

    test("depot build --output type=image,…,compression=zstd,compression-level=3,… .", async () => {
      const { image } = await push(
        "depot build --output type=image,name=repo/image:tag,oci-mediatypes=true,compression=zstd,compression-level=3,force-compression=true,push=true .",
      );

      const layers = await layersOf(image);
      assert.equal(layers.length, 3);
      assert(layers.every(({ mediaType }) => mediaType === "application/vnd.oci.image.layer.v1.tar+zstd"));
    });

    test("--cache-from type=gha and --cache-to type=gha are left out with a warning", async () => {
      const { stderr } = await succeed("depot build --cache-from type=gha --cache-to type=gha -t repo/image:tag .");
      assert.deepEqual(
        [...stderr.matchAll(GHA)].map(([, which]) => which),
        ["from", "to"],
      );
    });

    test("--output type=local,dest=path, --target, --build-arg and --file", async () => {
      const stages = `${BASE}ARG WORD=none\nRUN echo $WORD > /word.txt\nFROM scratch AS files\nCOPY --from=base /word.txt /\nFROM nowhere.invalid/image\n`;
      await bench.write("Other.Dockerfile", stages);

      await succeed(
        "depot build --file Other.Dockerfile --target files --build-arg WORD=said --output type=local,dest=path .",
      );
      await succeed("depot build -f Other.Dockerfile --target files --build-arg WORD=again -o type=local,dest=path2 .");

      assert.equal(await readFile(join(bench.folder, "path/word.txt"), "utf8"), "said\n");
      assert.equal(await readFile(join(bench.folder, "path2/word.txt"), "utf8"), "again\n");
    });

    test("--no-cache runs every step again", async () => {
      await bench.write("Dockerfile", APP);
      const { stderr } = await succeed("depot build --no-cache -t repo/image:tag .");
      assert.doesNotMatch(stderr, /RUN echo built > \/out\.txt\n#\d+ CACHED/);
      assert.match(stderr, /RUN echo built/);
    });

    test("--build-platform has one builder build all platforms", async () => {
      await bench.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
      const { stderr } = await succeed(
        "depot build --build-platform linux/amd64 --platform linux/amd64,linux/arm64 --token $DEPOT_TOKEN -t repo/image:tag .",
      );
      assert.deepEqual(stderr.match(/launching \w+ machine$/gm), ["launching amd64 machine"]);
    });

    async function layersOf(image: string): Promise<Descriptor[]> {
      return ((await bench.skopeo("inspect", "--raw", image)) as { layers: Descriptor[] }).layers;
    }
  });
}

/** An SSH agent: that of the machine where there is one, else a socket that takes connections and says nothing. */
async function openAgent(path: string): Promise<AsyncDisposable & { readonly path: string }> {
  const agent = spawn("ssh-agent", ["-D", "-a", path], { stdio: "ignore" });
  const isRunning = await Promise.race([once(agent, "spawn").then(() => true), once(agent, "error").then(() => false)]);
  if (isRunning) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = once(agent, "exit");
    return {
      path,
      async [Symbol.asyncDispose]() {
        agent.kill();
        await ended;
      },
    };
  }
  const server = createServer((socket) => socket.resume()).listen(path);
  await once(server, "listening");
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
