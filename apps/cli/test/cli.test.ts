import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type DepotOutcome, executable, runDepot } from "./run-depot.ts";

async function openFolder(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-cli-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** A real HTTP server that behaves as no good server does. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The system's Node.js, if it is from 18 up to what depot cannot run on. */
function olderNode(): string | undefined {
  for (const path of ["/usr/bin/node", "/usr/local/bin/node"]) {
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const major = Number(/^v(\d+)/.exec(stdout ?? "")?.[1]);
    if (major >= 18 && major < 24) return path;
  }
  return undefined;
}

/** The error that a command ended with, and that stdout stayed empty. */
function assertFails(outcome: DepotOutcome, error: RegExp, hint?: RegExp): void {
  assert.equal(outcome.code, 1, outcome.stderr);
  assert.equal(outcome.stdout, "");
  assert.match(outcome.stderr, error);
  if (hint) assert.match(outcome.stderr, hint);
}

suite("help and usage", () => {
  test("the version and the list of commands go to stdout", async () => {
    const [version, help] = await Promise.all([runDepot(["--version"]), runDepot([])]);
    assert.match(version.stdout, /^depot \d+\.\d+\.\d+\n$/);
    assert.match(help.stdout, /^Usage: {2}depot/);
    assert.deepEqual([version.code, help.code, version.stderr + help.stderr], [0, 0, ""]);
  });
});

suite("stdout that takes nothing", () => {
  test("is an error where it is full, and ends in silence where its reader has gone", {
    skip: process.platform !== "linux" && "needs /dev/full",
  }, () => {
    const shell = (line: string): { status: number | null; stderr: string } =>
      spawnSync("bash", ["-c", line], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], DEPOT: executable, NODE: process.execPath, HOME: "/" },
      });

    const full = shell('"$NODE" "$DEPOT" --version > /dev/full');
    const gone = shell('"$NODE" "$DEPOT" build --help | true');

    assert.equal(full.status, 1);
    assert.match(full.stderr, /^error: cannot write to stdout: ENOSPC/);
    assert.equal(gone.stderr, "");
  });
});

suite("an older Node.js", () => {
  const older = olderNode();

  test("is told from one that will do, and depot starts on its own", {
    skip: older === undefined && "this machine has none",
  }, async () => {
    const { stdout, code } = await runDepot(["--version"], { node: older ?? "" });
    assert.deepEqual([stdout.startsWith("depot "), code], [true, 0]);
    assert.equal((await runDepot(["biuld"], { node: older ?? "" })).code, 1);
  });

  test("passes signals on", { skip: older === undefined && "this machine has none" }, async () => {
    await using folder = await openFolder({ Dockerfile: "FROM scratch\n" });
    const asked = Promise.withResolvers<void>();
    await using peer = await serve(() => asked.resolve());
    const { code, stderr } = await runDepot(["build", "."], {
      node: older ?? "",
      cwd: folder.path,
      env: { DEPOT_TOKEN: "t", DEPOT_PROJECT_ID: "p", DEPOT_API_URL: peer.url },
      onStart: async ({ kill }) => {
        await asked.promise;
        kill("SIGTERM");
      },
    });
    assert.equal(code, 1);
    assert.match(stderr, /error: canceled \(SIGTERM\)/);
  });
});

suite("servers that are not there or not right", () => {
  test("a server that is down is named", async () => {
    await using folder = await openFolder({ Dockerfile: "FROM scratch\n" });
    const env = { DEPOT_TOKEN: "t", DEPOT_PROJECT_ID: "p", DEPOT_API_URL: "http://127.0.0.1:1" };
    assertFails(
      await runDepot(["build", "."], { cwd: folder.path, env }),
      /cannot reach the server at http:\/\/127\.0\.0\.1:1: connection refused/,
      /depot-server/,
    );
    assertFails(await runDepot(["list", "projects"], { env }), /cannot reach the server/);
  });

  test("a token is needed", async () =>
    assertFails(await runDepot(["list", "projects"]), /missing API token/, /depot login/));

  test("something else that answers is told apart", async () => {
    await using peer = await serve((_request, response) => void response.end("<html>hello</html>"));
    assertFails(
      await runDepot(["list", "projects"], { env: { DEPOT_TOKEN: "t", DEPOT_API_URL: peer.url } }),
      /nothing that we understand/,
    );
  });

  test("Ctrl-C ends the waiting for a silent server within a second", async () => {
    await using folder = await openFolder({ Dockerfile: "FROM scratch\n" });
    const asked = Promise.withResolvers<void>();
    await using peer = await serve(() => asked.resolve());
    let killedMs = 0;
    const outcome = await runDepot(["build", "."], {
      cwd: folder.path,
      env: { DEPOT_TOKEN: "t", DEPOT_PROJECT_ID: "p", DEPOT_API_URL: peer.url },
      onStart: async ({ kill }) => {
        await asked.promise;
        killedMs = performance.now();
        kill("SIGINT");
      },
    });
    assert.ok(performance.now() - killedMs < 1_000);
    assertFails(outcome, /^error: canceled \(SIGINT\)\n$/);
  });

  test("Ctrl-C ends the waiting for a builder, and the server is told", async () => {
    await using folder = await openFolder({ Dockerfile: "FROM scratch\n" });
    const finished: unknown[] = [];
    await using peer = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const method = request.url?.split("/").at(-1);
      if (method === "FinishBuild") finished.push(JSON.parse(body));
      const answers: Record<string, unknown> = {
        CreateBuild: { buildId: "b1", buildToken: "bt", buildUrl: "http://build/b1", projectId: "p" },
        GetBuildKitConnection: { pending: { waitMs: 1_000 } },
      };
      response.end(JSON.stringify(answers[method ?? ""] ?? {}));
    });
    let killedMs = 0;
    const outcome = await runDepot(["build", "--progress", "plain", "."], {
      cwd: folder.path,
      env: { DEPOT_TOKEN: "t", DEPOT_PROJECT_ID: "p", DEPOT_API_URL: peer.url },
      onStart: async ({ kill, shows }) => {
        await shows("launching amd64 machine");
        killedMs = performance.now();
        kill("SIGTERM");
      },
    });
    assert.ok(performance.now() - killedMs < 1_000);
    assertFails(outcome, /error: canceled \(SIGTERM\)\n$/);
    assert.deepEqual(finished, [{ buildId: "b1", canceled: {} }]);
  });
});

suite("settings of the user", () => {
  test("logging in checks the token, stores it, and logging out removes it", async () => {
    await using folder = await openFolder({});
    const seen: string[] = [];
    await using peer = await serve((request, response) => {
      seen.push(request.headers.authorization ?? "");
      if (request.headers.authorization === "Bearer good")
        response.end(JSON.stringify({ organizations: [{ orgId: "o1", name: "one" }] }));
      else response.writeHead(401).end(JSON.stringify({ code: "unauthenticated", message: "the token is unknown" }));
    });
    const env = { XDG_CONFIG_HOME: folder.path };

    assertFails(await runDepot(["login", "--token", "bad", "--url", peer.url], { env }), /the token is unknown/);
    assertFails(await runDepot(["org", "show"], { env }), /no current organization/, /depot org switch/);
    assert.equal((await runDepot(["login", "--token", "-", "--url", peer.url], { env, stdin: "good\n" })).code, 0);
    const list = await runDepot(["org", "list", "--output", "json"], { env });
    const show = await runDepot(["org", "show"], { env });
    assert.equal((await runDepot(["login"], { env })).code, 0);
    assert.equal((await runDepot(["logout"], { env })).code, 0);

    assert.deepEqual(JSON.parse(list.stdout), [{ orgId: "o1", name: "one", createdAt: "" }]);
    assert.equal(show.stdout, "o1\n");
    assert.deepEqual(seen, ["Bearer bad", "Bearer good", "Bearer good"]);
    assertFails(await runDepot(["org", "list"], { env }), /missing API token/);
  });

  test("a token never shows in an error", async () => {
    await using peer = await serve((_request, response) => void response.writeHead(500).end("oops"));
    const outcome = await runDepot(["--debug", "list"], { env: { DEPOT_TOKEN: "s3cret-token" } });
    const other = await runDepot(["list", "projects"], {
      env: { DEPOT_TOKEN: "s3cret-token", DEPOT_API_URL: peer.url, DEPOT_DEBUG: "1" },
    });
    assert.equal(other.code, 1);
    assert.doesNotMatch(outcome.stderr + other.stderr, /s3cret/);
  });
});
