import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  type ProgramOutcome,
  runProgram,
  startRegistry,
  startTestEngine,
  type TestEngine,
  testBaseImage,
  testBuildx,
  testEngineKinds,
} from "@opendepot/testing";
import { makeWorkFolder, root, type WorkFolder } from "../support.ts";

const BASE = 'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n';

/** Of each kind one: what it is, the Dockerfile, and flags that both programs get. */
const IMAGES: ReadonlyArray<readonly [name: string, dockerfile: string, ...flags: string[]]> = [
  ["files alone", "FROM scratch\nCOPY files /files\n"],
  ["steps in a shell", `${BASE}RUN mkdir /app && id > /app/id && echo x | tee /app/a /app/b\n`],
  ["two stages", `${BASE}RUN echo built > /out\nFROM scratch\nCOPY --from=base /out /out\n`],
  [
    "a configuration",
    `${BASE}WORKDIR /srv\nUSER 1000:1000\nENV A=b\nEXPOSE 80/tcp\nVOLUME /data\nSTOPSIGNAL SIGINT\nHEALTHCHECK CMD true\nENTRYPOINT ["/bin/sh"]\nCMD ["-c", "id"]\n`,
  ],
  [
    "arguments and labels",
    `${BASE}ARG WORD\nRUN echo "$WORD" > /word\nLABEL of=file\n`,
    "--build-arg",
    "WORD=given",
    "--label",
    "of=flag",
  ],
  ["owners and modes", `${BASE}COPY --chown=7:8 --chmod=0751 files /owned\nRUN chmod 4755 /owned/a.txt\n`],
  [
    "links and a hidden file",
    `${BASE}RUN mkdir /l && echo a > /l/a && ln /l/a /l/hard && ln -s a /l/soft && touch /l/.hidden && rm -r /l/hard\n`,
  ],
  ["an archive that is unpacked", "FROM scratch\nADD files.tar /unpacked/\n"],
  [
    "a heredoc and a cache mount",
    `${BASE}RUN --mount=type=cache,target=/cache <<END\nset -e\necho cached > /cache/x\ncp /cache/x /x\nEND\nCOPY <<FILE /inline\ntext\nFILE\n`,
  ],
  ["annotations and zstd", `${BASE}RUN echo small > /small\n`, "--annotation", "manifest:org.example=yes"],
];

for (const kind of await testEngineKinds()) {
  suite(`images of depot build and docker buildx build are the same, byte for byte, on ${kind}`, () => {
    const cleanup = new AsyncDisposableStack();
    let engine: TestEngine;
    let home: WorkFolder;
    let buildx = "";

    const run = (...argv: string[]): Promise<ProgramOutcome> =>
      runProgram(argv, {
        cwd: join(home.path, "context"),
        env: {
          PATH: process.env["PATH"],
          HOME: home.path,
          SOURCE_DATE_EPOCH: "1700000000",
          DEPOT_RUN_SOURCES: "1",
          ...(kind === "dockerd" && { DOCKER_HOST: `unix://${pathOf(engine)}` }),
        },
      });
    const depot = (...args: string[]): Promise<ProgramOutcome> =>
      run(
        process.execPath,
        join(root, "apps/cli/bin/depot.js"),
        "build",
        "--buildkit-address",
        `${engine.endpoint.kind}://${pathOf(engine)}`,
        ...args,
      );
    const peer = (...args: string[]): Promise<ProgramOutcome> =>
      run(buildx, "build", "--builder", kind === "dockerd" ? "default" : "peer", ...args);

    before(async () => {
      engine = cleanup.use(await startTestEngine({ kind }));
      home = cleanup.use(await makeWorkFolder());
      buildx = await testBuildx();
      const context = join(home.path, "context");
      await mkdir(join(context, "files"), { recursive: true });
      await copyFile(join(await testBaseImage(), "busybox"), join(context, "busybox"));
      await writeFile(join(context, "files/a.txt"), "a\n");
      await writeFile(join(context, "files/b.sh"), "#!/bin/sh\n", { mode: 0o755 });
      await run("tar", "--mtime=@1600000000", "--sort=name", "-cf", "files.tar", "files");
      if (kind === "dockerd") return;
      const created = await run(buildx, "create", "--name", "peer", "--driver", "remote", `unix://${pathOf(engine)}`);
      assert.equal(created.code, 0, created.stderr);
    });
    after(() => cleanup.disposeAsync());

    /** The digest of the image that both programs make, each from nothing. */
    async function assertSame(dockerfile: string, flags: readonly string[], attributes = ""): Promise<void> {
      const name = join(home.path, "Dockerfile");
      await writeFile(name, dockerfile);
      const metadata = async (program: typeof depot, label: string): Promise<Record<string, unknown>> => {
        const file = join(home.path, `${label}.json`);
        const output = `type=oci,dest=${join(home.path, label)}.tar,rewrite-timestamp=true${attributes}`;
        const built = await program("-f", name, "--no-cache", ...flags, "-o", output, "--metadata-file", file, ".");
        assert.equal(built.code, 0, built.stderr);
        return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
      };

      const theirs = await metadata(peer, "theirs");
      const ours = await metadata(depot, "ours");

      assert.equal(ours["containerimage.digest"], theirs["containerimage.digest"]);
      assert.equal(ours["containerimage.config.digest"], theirs["containerimage.config.digest"]);
      const keys = (facts: Record<string, unknown>): string[] =>
        Object.keys(facts).filter((key) => key !== "depot.build");
      assert.deepEqual(keys(ours), keys(theirs));
    }

    for (const [name, dockerfile, ...flags] of IMAGES) {
      test(name, () =>
        assertSame(dockerfile, ["--provenance=false", ...flags], name.includes("zstd") ? ",compression=zstd" : ""),
      );
    }

    // buildx always has a Docker unpack what it makes, which rules new timestamps out.
    if (kind === "dockerd") return;
    test("an index for several platforms, of one builder or of two", async () => {
      await using registry = await startRegistry();
      const name = join(home.path, "Dockerfile");
      await writeFile(name, "FROM scratch\nARG TARGETARCH\nENV FOR=$TARGETARCH\nCOPY files /files\n");
      const flags = ["--platform", "linux/amd64,linux/arm64", "--provenance=false", "--annotation", "index:a=b"];
      const digestOf = async (program: typeof depot, label: string, ...more: string[]): Promise<string | null> => {
        const output = `type=image,name=${registry.host}/${label}:1,push=true,unpack=false,rewrite-timestamp=true`;
        const built = await program("-f", name, ...flags, ...more, "-o", output, ".");
        assert.equal(built.code, 0, built.stderr);
        const headers = { accept: "application/vnd.oci.image.index.v1+json" };
        const response = await fetch(`${registry.url}/v2/${label}/manifests/1`, { headers });
        await response.arrayBuffer();
        return response.headers.get("docker-content-digest");
      };

      const theirs = await digestOf(peer, "theirs");

      assert.notEqual(theirs, null);
      assert.equal(await digestOf(depot, "one", "--build-platform", "linux/amd64"), theirs);
      assert.equal(await digestOf(depot, "two"), theirs);
    });
  });
}

function pathOf({ endpoint }: TestEngine): string {
  if (endpoint.kind === "tcp") throw new Error("test engines listen on sockets");
  return endpoint.path;
}
