import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { createTestAuthority } from "@opendepot/buildkit/testing";
import { parseNormalizedReference } from "@opendepot/oci";
import type { DockerTls } from "./address.ts";
import { type DockerClient, openDocker } from "./client.ts";
import { DockerHttp } from "./http.ts";
import type { DockerProblemCode } from "./problems.ts";
import { FakeDocker } from "./testing/index.ts";

const reference = parseNormalizedReference("127.0.0.1:5000/a/b:1");

function open(docker: FakeDocker): DockerClient {
  return openDocker({ address: docker.address, environment: {} });
}

function assertProblem(work: Promise<unknown>, code: DockerProblemCode, text: RegExp): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(isProblem(error, code), String((error as Error).stack));
    assert.match(error.message, text);
    return true;
  });
}

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test("the image store is told apart", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  await using another = open(docker);
  const info = {
    ServerVersion: "28.5.2",
    OSType: "linux",
    Architecture: "x86_64",
    Name: "box",
    OperatingSystem: "Debian",
  };

  docker.answerJson("GET /info", { ...info, DriverStatus: [["Backing Filesystem", "extfs"]] });
  assert.deepEqual(await client.daemon(), {
    version: "28.5.2",
    imageStore: "graphdriver",
    os: "linux",
    architecture: "x86_64",
    hostName: "box",
    operatingSystem: "Debian",
  });
  docker.answerJson("GET /info", { ...info, DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] });
  assert.equal((await another.daemon()).imageStore, "containerd");
  await Promise.all([client.daemon(), client.daemon()]);
  assert.equal(docker.seen.length, 2, "it was asked more than once");
});

test("a pull tells its progress, and what Docker says when it fails", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  const lines = [
    { status: "Pulling from a/b", id: "1" },
    { status: "Downloading", id: "abc", progressDetail: { current: 5, total: 10 } },
  ];
  let auth: unknown;
  docker.answers.set("POST /images/create", (request, response) => {
    auth = request.headers["x-registry-auth"];
    const text = lines.map((line) => `${JSON.stringify(line)}\r\n`).join("");
    response.write(text.slice(0, 20), () => response.end(text.slice(20)));
  });
  const seen: unknown[] = [];

  await client.pull({ reference, auth: { username: "ann" }, onProgress: (progress) => seen.push(progress) });

  assert.deepEqual(seen, [
    { id: "1", status: "Pulling from a/b", current: undefined, total: undefined },
    { id: "abc", status: "Downloading", current: 5, total: 10 },
  ]);
  assert.equal(Buffer.from(String(auth), "base64url").toString(), '{"username":"ann"}');
  assert.deepEqual(docker.seen, ["POST /images/create?fromImage=127.0.0.1%3A5000%2Fa%2Fb&tag=1"]);
  docker.answers.set("POST /images/create", (_, response) => response.end('{"error":"no space left on device"}\n'));
  await assertProblem(client.pull({ reference }), "docker_refused", /cannot pull .*: no space left on device/);
});

test("an archive is loaded as it comes, and what was loaded is told", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  let archive = "";
  docker.answers.set("POST /images/load", async (request, response) => {
    for await (const piece of request) archive += piece;
    response.end('{"stream":"Loaded image: app:1\\n"}\n{"stream":"Loaded image ID: sha256:abc\\n"}\n');
  });

  const { loaded } = await client.load({ archive: bytes("one", "two") });

  assert.equal(archive, "onetwo");
  assert.deepEqual(loaded, ["app:1", "sha256:abc"]);
});

test("an archive that breaks off fails with its own reason, and Docker never sees its end", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  const [broken, arrived] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()];
  docker.answers.set("POST /images/load", (request, response) => {
    arrived.resolve();
    response.write('{"stream":"loading"}\n');
    request
      .once("end", () => broken.resolve("whole"))
      .once("error", () => broken.resolve("broken"))
      .resume();
  });
  const failure = new Error("the builder has gone");
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("one");
    await arrived.promise;
    throw failure;
  }

  await assert.rejects(client.load({ archive: breaking() }), (error) => error === failure);
  assert.equal(await broken.promise, "broken");
});

test("a Docker that refuses an archive in the middle is heard", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  docker.answers.set("POST /images/load", (request, response) => {
    request.once("data", () => {
      response.writeHead(500).end('{"message":"disk full"}', () => request.destroy());
    });
  });
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(64 * 1024);
  }

  await assertProblem(client.load({ archive: endless() }), "docker_refused", /disk full/);
});

test("images are looked up, named and removed", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  docker.answerJson("GET /images/app:1/json", {
    Id: "sha256:abc",
    RepoTags: ["app:1"],
    RepoDigests: null,
    Os: "linux",
  });
  docker.answerJson("POST /images/app:1/tag", {}, 201);
  docker.answerJson("DELETE /images/app:1", [{ Untagged: "app:1" }]);

  assert.equal((await client.inspect("app:1"))?.id, "sha256:abc");
  assert.equal(await client.inspect("other"), undefined);
  await client.tag("app:1", reference);
  assert.equal(await client.remove("app:1"), true);
  assert.equal(await client.remove("other"), false);
  assert.equal(docker.seen[2], "POST /images/app:1/tag?repo=127.0.0.1%3A5000%2Fa%2Fb&tag=1");
  await assertProblem(client.tag("other", reference), "docker_refused", /no such thing/);
});

test("nobody there, no Docker there and a wrong answer are told apart", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "od-no-docker-"));
  await using missing = openDocker({ address: { kind: "unix", path: join(folder.path, "none") }, environment: {} });
  await assertProblem(missing.ping(), "docker_unavailable", /cannot reach Docker at unix:\/\/.*ENOENT/);

  const other = createServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
  const path = join(folder.path, "other.sock");
  await new Promise<void>((resolve) => other.listen(path, resolve));
  await using wrong = openDocker({ address: { kind: "unix", path }, environment: {} });
  await assertProblem(wrong.ping(), "docker_answer_invalid", /does not speak HTTP/);
  other.close();

  await using docker = await FakeDocker.start();
  await using client = open(docker);
  docker.answers.set("GET /info", (_, response) => response.end("<html>"));
  await assertProblem(client.daemon(), "docker_answer_invalid", /no JSON/);
  docker.answers.set("GET /info", (_, response) => response.end(Buffer.alloc(17 * 1024 ** 2, " ")));
  await assertProblem(client.daemon(), "docker_answer_invalid", /more than/);
  docker.answers.set("POST /images/create", (_, response) => response.end(Buffer.alloc(2 * 1024 ** 2, "x")));
  await assertProblem(client.pull({ reference }), "docker_answer_invalid", /a line of more than/);
});

test("a socket that is not for us is told as such", () => {
  using http = new DockerHttp({ kind: "unix", path: "/run/docker.sock" }, { environment: {} });

  const problem = http.problemOf(Object.assign(new Error("connect EACCES"), { code: "EACCES" }));

  assert.ok(isProblem(problem, "docker_permission_denied"));
  assert.match(problem.hint ?? "", /group/);
});

test("an abort ends a pull with its reason, and closes the connection", async () => {
  await using docker = await FakeDocker.start();
  await using client = open(docker);
  const closed = Promise.withResolvers<void>();
  const controller = new AbortController();
  const reason = new Error("enough");
  docker.answers.set("POST /images/create", (_, response) => {
    response.once("close", closed.resolve);
    response.write('{"status":"Pulling"}\n');
  });

  const pulling = client.pull({ reference, onProgress: () => controller.abort(reason), signal: controller.signal });

  await assert.rejects(pulling, (error) => error === reason);
  await closed.promise;
});

/** What ssh does, without a machine to go to: connects its standard input and output to a socket. */
const FAKE_SSH = `#!${process.execPath}
const { connect } = require("node:net");
require("node:fs").writeFileSync(process.env.SEEN, JSON.stringify(process.argv.slice(2)));
if (process.env.FAIL) { console.error("Warning: something\\nann@far: Permission denied (publickey)."); process.exit(255); }
const socket = connect(process.env.SOCKET);
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("close", () => process.exit(0));
`;

test("a Docker on another machine is reached through ssh", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "od-ssh-"));
  await using docker = await FakeDocker.start();
  docker.answerJson("GET /_ping", "OK");
  docker.answerJson("GET /images/app:1/json", { Id: "sha256:abc" });
  const sshCommand = join(folder.path, "ssh.cjs");
  await writeFile(sshCommand, FAKE_SSH);
  await chmod(sshCommand, 0o755);
  const seen = join(folder.path, "seen");
  const address = { kind: "ssh", host: "far", user: "ann", port: 2222, socket: "/run/it's.sock" } as const;
  const environment = { SOCKET: docker.socket, SEEN: seen };

  await using client = openDocker({ address, environment, sshCommand });
  await client.ping();
  assert.equal((await client.inspect("app:1"))?.id, "sha256:abc");

  assert.deepEqual(JSON.parse(await readFile(seen, "utf8")).slice(5), [
    "-l",
    "ann",
    "-p",
    "2222",
    "--",
    "far",
    "docker",
    "--host",
    "'unix:///run/it'\\''s.sock'",
    "system",
    "dial-stdio",
  ]);
  await using refused = openDocker({ address, environment: { ...environment, FAIL: "1" }, sshCommand });
  await assertProblem(refused.ping(), "docker_unavailable", /ssh: ann@far: Permission denied/);
  await using absent = openDocker({ address, environment, sshCommand: join(folder.path, "none") });
  await assertProblem(absent.ping(), "docker_unavailable", /ENOENT/);
});

test("a Docker behind TLS is trusted by its authority, and knows us by our certificate", async () => {
  const authority = await createTestAuthority();
  const [own, client] = [await authority.issue("localhost"), await authority.clientTls("localhost")];
  const options = { ...own, ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  const server = createTlsServer(options, (_, response) => response.end("OK")).listen(0, "localhost");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => void server.close().closeAllConnections());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ping = async (tls: DockerTls): Promise<void> => {
    await using docker = openDocker({ address: { kind: "tcp", host: "localhost", port, tls }, environment: {} });
    await docker.ping();
  };

  await ping({ ca: client.ca, cert: client.cert, key: client.key });
  await assertProblem(ping({ cert: client.cert, key: client.key }), "docker_untrusted", /certificate/);
  await assert.rejects(ping({ ca: client.ca }), (error) => isProblem(error));
});
