import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startTestEngine, type TestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";
import { type BuildkitClient, openBuildkit } from "../client.ts";
import { SolveError } from "../errors.ts";
import { solve } from "../solve.ts";
import type { TypeAndAttrs } from "../solve-input.ts";
import { createAuth } from "./auth/index.ts";
import { createFileSend, type ExportOutput } from "./file-send/index.ts";
import { createFileSync } from "./file-sync/index.ts";
import { createSecrets } from "./secrets.ts";
import type { SessionService } from "./service.ts";
import { createSsh } from "./ssh/index.ts";

const BASE = `FROM scratch AS base
COPY --from=base-files busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

interface Build {
  readonly dockerfile: string;
  readonly outputs?: ReadonlyArray<readonly [TypeAndAttrs, ExportOutput]>;
  readonly services?: readonly SessionService[];
  readonly attrs?: Readonly<Record<string, string>>;
}

function temporaryFolder(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "session-services-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

for (const kind of await testEngineKinds()) {
  describe(`session services with ${kind}`, { timeout: 180_000 }, () => {
    let engine: TestEngine;
    let client: BuildkitClient;
    let base: string;

    before(async () => {
      [engine, base] = await Promise.all([startTestEngine({ kind }), testBaseImage()]);
      client = await openBuildkit(engine.endpoint);
    });
    after(async () => {
      await client?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
    });

    /** Builds `context` and gives the log of its steps. */
    async function build(context: string, options: Build): Promise<string> {
      using folder = temporaryFolder();
      writeFileSync(join(folder.path, "Dockerfile"), options.dockerfile);
      const sync = createFileSync({
        context: { path: context },
        dockerfile: { path: folder.path },
        "base-files": { path: base },
      });
      let log = "";
      await solve(
        client,
        {
          frontend: "dockerfile.v0",
          frontendAttrs: { "context:base-files": "local:base-files", "force-network-mode": "none", ...options.attrs },
          exporters: (options.outputs ?? []).map(([exporter]) => exporter),
          services: [
            sync,
            createFileSend((options.outputs ?? []).map(([, output]) => output)),
            ...(options.services ?? []),
          ],
        },
        {
          onStatus: (status) => {
            for (const { msg } of status.logs) log += Buffer.from(msg).toString("latin1");
          },
        },
      );
      return log;
    }

    test("a context arrives with every kind of entry, name and mode", async () => {
      using context = temporaryFolder();
      const at = (name: string): string => join(context.path, name);
      mkdirSync(at("dir/sub"), { recursive: true });
      writeFileSync(at("dir/file"), "content");
      linkSync(at("dir/file"), at("dir/linked"));
      symlinkSync("dir", at("to-dir"));
      writeFileSync(at("setuid"), "");
      chmodSync(at("setuid"), 0o4711);
      execFileSync("mkfifo", [at("fifo")]);
      writeFileSync(at("comma, space"), "");
      // Docker Engine 28 refuses names that are not UTF-8, whichever client sends them.
      const rawName = kind === "buildkitd" ? Buffer.of(0xff, 0xfe) : Buffer.from("ÿ");
      writeFileSync(Buffer.concat([Buffer.from(at("raw-")), rawName]), "raw bytes");
      writeFileSync(at("ünïcode-日本"), "");
      execFileSync("touch", ["-d", "2001-02-03 04:05:06.123456789Z", at("dir/file")]);

      const log = await build(context.path, {
        dockerfile: `${BASE}COPY . /ctx
RUN cd /ctx && find . | sort | od -An -c -v | tr -d ' \\n' && echo
RUN cd /ctx && stat -c '%n %a %F %h %u' dir/file dir/linked setuid fifo to-dir && cat raw-* && stat -c %y dir/file`,
      });

      assert.match(log, kind === "buildkitd" ? /raw-377376/ : /raw-303277/);
      assert.match(log, /comma,space/); // od prints blanks as blanks
      assert.match(log, /dir\/file 644 regular file 2 0/);
      assert.match(log, /dir\/linked 644 regular file 2 0/);
      assert.match(log, /setuid 4711 regular empty file 1 0/);
      assert.match(log, /fifo 644 fifo 1 0/);
      assert.match(log, /to-dir 777 symbolic link/);
      assert.match(log, /raw bytes/);
      assert.match(log, /2001-02-03 04:05:06.123456789/);
    });

    test("a .dockerignore of 405 lines is heeded, exceptions and all", async () => {
      using context = temporaryFolder();
      const ignored = Array.from({ length: 400 }, (_, index) => `**/ignored-${index}.*`);
      const lines = ["# rules", ...ignored, "*", "!keep", "keep/*.log", "!keep/this.log"];
      assert.equal(lines.length, 405);
      writeFileSync(join(context.path, ".dockerignore"), lines.join("\n"));
      mkdirSync(join(context.path, "keep"));
      for (const name of ["keep/a", "keep/b.log", "keep/this.log", "keep/ignored-7.x", "drop"]) {
        writeFileSync(join(context.path, name), "");
      }
      const out = join(context.path, "..", `${context.path}-out`);
      using _out = { [Symbol.dispose]: () => execFileSync("rm", ["-rf", out]) };

      await build(context.path, {
        dockerfile: "FROM scratch\nCOPY . /",
        outputs: [[{ type: "local" }, { kind: "folder", path: out }]],
      });

      // Exceptions take back only what no later pattern drops again; "!keep" comes after "**/ignored-7.*".
      assert.deepEqual(readdirSync(join(out, "keep")).sort(), ["a", "ignored-7.x", "this.log"]);
      assert.deepEqual(readdirSync(out), ["keep"]);
    });

    test("an unchanged context is listed and not sent again", async () => {
      using context = temporaryFolder();
      const at = (name: string): string => join(context.path, name);
      for (let index = 0; index < 200; index++) writeFileSync(at(`f${index}`), `${index}`);
      linkSync(at("f0"), at("linked"));
      chmodSync(at("f1"), 0o4700);
      writeFileSync(at("Dockerfile"), "FROM scratch\nCOPY . /");
      const sent: number[] = [];
      const sync = createFileSync(
        { context: { path: context.path }, dockerfile: { path: context.path } },
        // The engine also asks for the ignore file, which is not there.
        { onProgress: ({ entries, isDone, files }) => void (entries > 200 && isDone && sent.push(files)) },
      );
      const again = { frontend: "dockerfile.v0", services: [sync], sharedKey: `unchanged-${context.path}` };

      await solve(client, again);
      await solve(client, again);
      writeFileSync(at("f7"), "changed");
      await solve(client, again);

      assert.deepEqual(sent, [201, 0, 1]);
    });

    test("a file that is missing in the context is the engine's error", async () => {
      using context = temporaryFolder();
      await assert.rejects(build(context.path, { dockerfile: "FROM scratch\nCOPY nothing /" }), SolveError);
    });

    test("a build fails with the path of what cannot be read", async () => {
      // A file of /proc that only root may read, when the builder is not: here, one whose reading always fails.
      const failing = build("/proc/self/task", { dockerfile: "FROM scratch\nCOPY */mem /" });
      await assert.rejects(failing, /cannot read \d+\/mem in the build context: input\/output error/);
    });

    test("outputs arrive: a folder, a tar file and a stream at once", async () => {
      using context = temporaryFolder();
      using target = temporaryFolder();
      const at = (name: string): string => join(target.path, name);
      const tarFile = at("new/deep/out.tar");
      const cat = execFile("cat", [], { encoding: "buffer", maxBuffer: 1 << 26 }, () => undefined);
      const piped: Buffer[] = [];
      cat.stdout?.on("data", (piece: Buffer) => piped.push(piece));
      assert.ok(cat.stdin);
      const dockerfile = `${BASE}
RUN mkdir -p /out/d/e && echo hello > /out/d/hello && ln /out/d/hello /out/d/hard && ln -s ../d /out/d/e/up \\
 && chmod 2750 /out/d && head -c 3000000 /dev/zero > /out/big && mkfifo /out/pipe && touch -d @981173106 /out/d/hello \\
 && touch -d @1000000 /out/d
FROM scratch
COPY --from=base /out/ /`;

      await build(context.path, {
        dockerfile,
        outputs: [
          [{ type: "local" }, { kind: "folder", path: at("folder") }],
          [{ type: "tar" }, { kind: "file", path: tarFile }],
          [{ type: "oci" }, { kind: "stream", stream: cat.stdin }],
        ],
      });
      cat.stdin.end();
      await once(cat, "close");

      assert.equal(readFileSync(at("folder/d/hello"), "utf8"), "hello\n");
      assert.equal(lstatSync(at("folder/d/hello")).nlink, 2);
      assert.equal(lstatSync(at("folder/d/hello")).mtimeMs, 981173106000);
      assert.equal(lstatSync(at("folder/d")).mode & 0o7777, 0o2750);
      assert.equal(lstatSync(at("folder/d")).mtimeMs, 1000000000);
      assert.equal(readlinkSync(at("folder/d/e/up")), "../d");
      assert.equal(lstatSync(at("folder/big")).size, 3_000_000);
      assert.ok(lstatSync(at("folder/pipe")).isFIFO());
      assert.match(execFileSync("tar", ["-tf", tarFile], { encoding: "utf8" }), /^d\/hello$/m);
      assert.deepEqual(readdirSync(at("new/deep")), ["out.tar"]);
      const listing = execFileSync("tar", ["-t"], { input: Buffer.concat(piped), encoding: "utf8" });
      assert.match(listing, /^index\.json$/m);
    });

    test("a folder of several platforms is split or not, as asked", async () => {
      using context = temporaryFolder();
      using target = temporaryFolder();
      const dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY --from=base-files busybox /is-$TARGETARCH";
      const at = (name: string): string => join(target.path, name);
      await build(context.path, {
        dockerfile,
        attrs: { platform: "linux/amd64,linux/arm64" },
        outputs: [
          [{ type: "local" }, { kind: "folder", path: at("split") }],
          [
            { type: "local", attrs: { "platform-split": "false" } },
            { kind: "folder", path: at("joined") },
          ],
          [{ type: "tar" }, { kind: "file", path: at("split.tar") }],
        ],
      });
      assert.deepEqual(readdirSync(at("split")).sort(), ["linux_amd64", "linux_arm64"]);
      assert.deepEqual(readdirSync(at("split/linux_arm64")), ["is-arm64"]);
      assert.deepEqual(readdirSync(at("joined")).sort(), ["is-amd64", "is-arm64"]);
      assert.match(execFileSync("tar", ["-tf", at("split.tar")], { encoding: "utf8" }), /^linux_arm64\/is-arm64$/m);
    });

    test("a folder that mirrors the result loses what is not in it, where the engine can do so", async () => {
      using context = temporaryFolder();
      using target = temporaryFolder();
      mkdirSync(join(target.path, "old"));
      writeFileSync(join(target.path, "old/file"), "old");
      const building = build(context.path, {
        dockerfile: "FROM scratch\nCOPY --from=base-files busybox /d/new",
        outputs: [
          [
            { type: "local", attrs: { mode: "delete" } },
            { kind: "folder", path: target.path, isMirror: true },
          ],
        ],
      });
      const error = await building.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) assert.deepEqual(readdirSync(target.path), ["d"]);
      else {
        assert.match(String(error), /too old for mode=delete|invalid local exporter mode/);
        assert.deepEqual(readdirSync(join(target.path, "old")), ["file"]);
      }
    });

    test("a failed build leaves nothing where its file was to go", async () => {
      using context = temporaryFolder();
      using target = temporaryFolder();
      const failing = build(context.path, {
        dockerfile: `${BASE}RUN false`,
        outputs: [[{ type: "tar" }, { kind: "file", path: join(target.path, "out.tar") }]],
      });
      await assert.rejects(failing, SolveError);
      assert.deepEqual(readdirSync(target.path), []);
    });

    test("secrets arrive byte for byte, and a missing one is an error", async () => {
      using context = temporaryFolder();
      const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
      writeFileSync(join(context.path, "key"), bytes);
      const secrets = await createSecrets([
        { id: "file", kind: "file", path: join(context.path, "key") },
        { id: "env", kind: "env", name: "TOKEN", value: "no newline at end" },
      ]);

      const log = await build(context.path, {
        dockerfile: `${BASE}RUN --mount=type=secret,id=file --mount=type=secret,id=env,env=TOKEN \\
 sha256sum /run/secrets/file && printf %s "$TOKEN" | wc -c`,
        services: [secrets],
      });
      const missing = build(context.path, {
        dockerfile: `${BASE}RUN --mount=type=secret,id=other,required cat /run/secrets/other`,
        services: [secrets],
      });

      assert.match(log, new RegExp(await sha256(bytes)));
      assert.match(log, /^17$/m);
      await assert.rejects(missing, /secret other: not found|secret "other" not found|not found/);
    });

    test("keys from files are in the agent of a step", {
      skip: !hasCommand("ssh-keygen", "ssh-add", "ldd"),
    }, async () => {
      using folder = temporaryFolder();
      const key = join(folder.path, "id");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      using context = temporaryFolder();
      copyProgram("ssh-add", context.path);

      const log = await build(context.path, {
        dockerfile: `${BASE}COPY . /\nRUN --mount=type=ssh /bin/ssh-add -L`,
        services: [await createSsh([{ paths: [key] }])],
      });

      const [, publicKey = "none"] = readFileSync(`${key}.pub`, "utf8").split(" ");
      assert.ok(log.includes(`ssh-ed25519 ${publicKey}`), log);
    });

    test("the engine gets at a registry with a token that is fetched here", async () => {
      using folder = temporaryFolder();
      const seen: string[] = [];
      const server = createServer((request, response) => {
        seen.push(`${request.method} ${request.url?.split("?")[0]} ${request.headers.authorization ?? "-"}`);
        const { port } = server.address() as AddressInfo;
        if (request.url?.startsWith("/token")) return response.end(JSON.stringify({ token: "the-token" }));
        if (request.headers.authorization === "Bearer the-token") return response.writeHead(404).end();
        const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="registry"`;
        return response.writeHead(401, { "www-authenticate": challenge }).end();
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const auth = Buffer.from("me:pw").toString("base64");
      writeFileSync(join(folder.path, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));

      const failing = build(folder.path, {
        dockerfile: `FROM ${host}/library/none`,
        services: [createAuth({ configFolder: folder.path, env: {} })],
      });

      await assert.rejects(failing, /not found/);
      server.close();
      assert.ok(
        seen.some((line) => line === "POST /token -"),
        seen.join("\n"),
      );
      assert.ok(seen.some((line) => line.endsWith("Bearer the-token")));
      assert.ok(existsSync(join(folder.path, ".token_seed")));
    });
  });
}

async function sha256(bytes: Buffer): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toString("hex");
}

function hasCommand(...names: readonly string[]): boolean {
  try {
    for (const name of names) execFileSync("sh", ["-c", `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
}

/** Copies a program of this machine and the libraries that it needs below `root`. */
function copyProgram(name: string, root: string): void {
  const program = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
  const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  for (const path of libraries) copyInto(root, path, path);
  copyInto(root, join("bin", name), program);
}

function copyInto(root: string, path: string, source: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  copyFileSync(source, join(root, path));
}
