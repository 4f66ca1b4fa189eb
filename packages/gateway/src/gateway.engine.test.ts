import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  type BuildkitClient,
  buildWithGateway,
  callSubrequest,
  createFileSend,
  createFileSync,
  createSecrets,
  GrpcCode,
  GrpcError,
  linkTargets,
  openBuildkit,
  refsOf,
  type SolveResult,
  solve,
} from "@opendepot/buildkit";
import { checkLeaks, startTestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";

import type { RecordingHost } from "./testing/recording-host.ts";
import { startTestGateway, type TestGateway } from "./testing/test-gateway.ts";

checkLeaks({ graceMs: 5_000 });

const BASE = 'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n';
const LARGE_BYTES = 48 * 1024 * 1024;

/** A build context on disk. */
interface Context extends AsyncDisposable {
  readonly folder: string;
}

async function makeContext(dockerfile: string): Promise<Context> {
  const folder = await mkdtemp(path.join(tmpdir(), "od-context-"));
  await mkdir(path.join(folder, "context"));
  await copyFile(path.join(await testBaseImage(), "busybox"), path.join(folder, "context/busybox"));
  await writeFile(path.join(folder, "context/Dockerfile"), BASE + dockerfile);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function build(client: BuildkitClient, { folder }: Context, ref?: string): Promise<SolveResult> {
  const context = { path: path.join(folder, "context") };
  return await solve(client, {
    ref,
    frontend: "dockerfile.v0",
    exporters: [{ type: "local" }],
    services: [
      createFileSync({ context, dockerfile: context }),
      createFileSend([{ kind: "folder", path: path.join(folder, "out") }]),
    ],
  });
}

/** A command that runs until it is stopped, and can be told from all others on this machine. */
interface LongStep {
  readonly dockerfile: string;
  isRunning(): Promise<boolean>;
  /** Waits until the step runs, or has stopped; in milliseconds. */
  waitUntil(running: boolean, limitMs: number): Promise<number>;
}

function makeLongStep(): LongStep {
  const seconds = `120.${randomBytes(6).readUIntBE(0, 6)}`;
  const find = async (): Promise<number[]> => {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(
      pids.map(async (pid) => {
        const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
        return command.startsWith("sleep\0") && command.includes(seconds) ? [Number(pid)] : [];
      }),
    );
    return found.flat();
  };
  const isRunning = async (): Promise<boolean> => (await find()).length > 0;
  return {
    dockerfile: `FROM base\nRUN ["sleep", "${seconds}"]\n`,
    isRunning,
    waitUntil: async (running, limitMs) => {
      const begun = performance.now();
      while ((await isRunning()) !== running) {
        if (performance.now() - begun > limitMs) throw new Error(`step still ${running ? "not " : ""}running`);
        await sleep(20);
      }
      return performance.now() - begun;
    },
  };
}

async function openClient(gateway: TestGateway, buildId: string): Promise<BuildkitClient> {
  return await openBuildkit(await gateway.endpointOf({ buildId }));
}

async function waitFor(condition: () => boolean, limitMs: number): Promise<void> {
  const begun = performance.now();
  while (!condition()) {
    if (performance.now() - begun > limitMs) throw new Error("waited in vain");
    await sleep(20);
  }
}

/** The last word on each vertex, by name. */
function verticesOf(host: RecordingHost, ref: string): Map<string, { completed: boolean; error: string }> {
  const vertices = new Map<string, { completed: boolean; error: string }>();
  for (const message of host.statuses) {
    if (message.ref !== ref) continue;
    for (const { name, completed, error } of message.status.vertexes) {
      vertices.set(name, { completed: completed !== undefined, error });
    }
  }
  return vertices;
}

const codeIs =
  (code: number, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof GrpcError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  };

for (const kind of await testEngineKinds()) {
  test(`${kind}: a build goes through with its context, secrets, output and logs`, async () => {
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using client = await openClient(gateway, "b1");
    await using context = await makeContext(
      "COPY large /large\nRUN echo from-the-step && wc -c < /large > /size\nFROM scratch\nCOPY --from=base /size /size\n",
    );
    await writeFile(path.join(context.folder, "context/large"), randomBytes(LARGE_BYTES));

    const { ref } = await build(client, context);

    assert.equal((await readFile(path.join(context.folder, "out/size"), "utf8")).trim(), String(LARGE_BYTES));
    assert.deepEqual(gateway.host.solves, [{ caller: { buildId: "b1", builderId: "builder1" }, ref }]);
    const isComplete = (): boolean => {
      const vertices = verticesOf(gateway.host, ref);
      return vertices.size >= 7 && [...vertices.values()].every(({ completed }) => completed);
    };
    await waitFor(isComplete, 5_000);
    const logs = gateway.host.statuses.flatMap(({ status }) =>
      status.logs.map(({ msg }) => Buffer.from(msg).toString()),
    );
    assert.equal(logs.join("").trim(), "from-the-step");
  });

  test(`${kind}: a step that prints the build's secrets is told without them, and gets them as they are`, async () => {
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using client = await openClient(gateway, "b1");
    await using context = await makeContext(
      `RUN --mount=type=secret,id=key --mount=type=secret,id=token,env=TOKEN cat /run/secrets/key; echo "<$TOKEN>" >&2; \\
  printf "%s" "\${TOKEN%??}"; sleep 0.3; printf "%s done\\n" "\${TOKEN#??????????????????}"; \\
  wc -c < /run/secrets/key > /size
FROM scratch
COPY --from=base /size /size
`,
    );
    const token = `t-${randomBytes(9).toString("hex")}`;
    const key = `-----BEGIN KEY-----\n${randomBytes(30).toString("base64")}\n-----END KEY-----\n`;
    const folder = { path: path.join(context.folder, "context") };

    await solve(client, {
      frontend: "dockerfile.v0",
      exporters: [{ type: "local" }],
      services: [
        createFileSync({ context: folder, dockerfile: folder }),
        createFileSend([{ kind: "folder", path: path.join(context.folder, "out") }]),
        await createSecrets([
          { id: "key", kind: "value", value: key },
          { id: "token", kind: "value", value: token },
        ]),
      ],
    });

    assert.equal((await readFile(path.join(context.folder, "out/size"), "utf8")).trim(), String(key.length));
    const told = (): string =>
      gateway.host.statuses.flatMap(({ status }) => status.logs.map(({ msg }) => Buffer.from(msg).toString())).join("");
    await waitFor(() => told().includes("done"), 5_000);
    assert.deepEqual(told().trim().split("\n").toSorted(), ["***", "*** done", "<***>"]);
  });

  test(`${kind}: a build driven by its client goes through: checks, linked targets, files of results`, async () => {
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using client = await openClient(gateway, "b1");
    await using context = await makeContext("RUN echo made > /made\nFROM given AS app\nCOPY --from=base /made /made\n");
    const folder = { path: path.join(context.folder, "context") };
    const services = [createFileSync({ context: folder, dockerfile: folder })];
    const frontend = "dockerfile.v0";

    const lines: string[] = [];
    await buildWithGateway(client, { services }, async (driven) => {
      const targets = await callSubrequest(driven, "targets", { frontend });
      lines.push(targets.text);
      const result = await driven.solve({ frontend, frontendOpt: { target: "base" } });
      const request = { frontend, frontendOpt: { "context:given": "target:base" } };
      const app = await driven.solve(linkTargets(request, [{ contextName: "given", inputName: "base", result }]));
      const [ref] = refsOf(app);
      assert.ok(ref);
      lines.push(Buffer.from(await driven.readFile(ref, "/made")).toString());
      return app;
    });

    assert.match(lines[0] ?? "", /^base/m);
    assert.equal(lines[1], "made\n");
  });

  test(`${kind}: another build cannot drive a build, and an abort stops what a driven one runs`, async () => {
    const step = makeLongStep();
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint, { limits: { claimTimeoutMs: 200 } });
    await using mine = await openClient(gateway, "b1");
    await using theirs = await openClient(gateway, "b2");
    await using context = await makeContext(step.dockerfile);
    const folder = { path: path.join(context.folder, "context") };
    const services = [createFileSync({ context: folder, dockerfile: folder })];
    const abort = new AbortController();
    const reason = new Error("enough");
    const building = assert.rejects(
      buildWithGateway(
        mine,
        { ref: "driven", services },
        (driven) => driven.solve({ frontend: "dockerfile.v0", evaluate: true }),
        { signal: abort.signal },
      ),
      (error) => error === reason,
    );
    await step.waitUntil(true, 20_000);

    const intruding = buildWithGateway(theirs, { ref: "driven" }, () => Promise.resolve(undefined));
    await assert.rejects(intruding, codeIs(7, /does not belong to this build/));
    assert.ok(await step.isRunning());
    abort.abort(reason);
    await building;
    await step.waitUntil(false, 2_000);
  });

  test(`${kind}: another build can neither follow a build, nor empty the cache, nor read the history`, async () => {
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint, { limits: { claimTimeoutMs: 200 } });
    await using mine = await openClient(gateway, "b1");
    await using theirs = await openClient(gateway, "b2");
    await using context = await makeContext("");
    const { ref } = await build(mine, context);

    await assert.rejects(Array.fromAsync(theirs.status(ref)), codeIs(7, /does not belong to this build/));
    await assert.rejects(build(theirs, context, ref), codeIs(7, /does not belong to this build/));
    await assert.rejects(theirs.buildRecord(ref), codeIs(7, /does not belong to this build/));
    await assert.rejects(theirs.buildRecord(""), (error) => error instanceof GrpcError);
    await assert.rejects(Array.fromAsync(theirs.prune({ all: true })), codeIs(7, /a build may not call/));
    await assert.rejects(mine.diskUsage(), codeIs(7, /a build may not call/));

    assert.ok((await Array.fromAsync(mine.status(ref))).length > 0, "its own build is still told");
    assert.equal((await mine.buildRecord(ref))?.ref, ref);
    assert.ok((await theirs.listWorkers()).length > 0);
  });

  test(`${kind}: a build that ends is cut within a second, in the engine too`, async () => {
    const step = makeLongStep();
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using client = await openClient(gateway, "b1");
    await using context = await makeContext(step.dockerfile);
    const building = assert.rejects(build(client, context), codeIs(GrpcCode.cancelled, /build b1 has ended/));
    await step.waitUntil(true, 20_000);

    const begun = performance.now();
    gateway.host.end("b1");
    await building;
    const clientMs = performance.now() - begun;
    await step.waitUntil(false, 1_000 - clientMs);

    await assert.rejects(client.info(), codeIs(GrpcCode.permissionDenied, /build b1 has ended/));
    await using again = await openClient(gateway, "b1");
    await assert.rejects(again.info(), codeIs(GrpcCode.permissionDenied, /build b1 has ended/));
  });

  test(`${kind}: an engine that dies in a build is told within two seconds, in one clear error`, async () => {
    const step = makeLongStep();
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using client = await openClient(gateway, "b1");
    await using context = await makeContext(step.dockerfile);
    const building = assert.rejects(
      build(client, context),
      codeIs(GrpcCode.unavailable, /engine of builder builder1 stopped in the middle of the build/),
    );
    await step.waitUntil(true, 20_000);

    const begun = performance.now();
    await engine.kill();
    await building;

    assert.ok(performance.now() - begun < 2_000);
  });

  test(`${kind}: the host learns how a build ended though its client has vanished`, async () => {
    const step = makeLongStep();
    await using engine = await startTestEngine({ kind });
    await using gateway = await startTestGateway(engine.endpoint);
    await using context = await makeContext(step.dockerfile);
    const client = await openClient(gateway, "b1");
    const building = build(client, context, "r1").catch(() => undefined);
    await step.waitUntil(true, 20_000);

    await client[Symbol.asyncDispose]();
    await building;
    await step.waitUntil(false, 5_000);

    const isTold = (): boolean =>
      [...verticesOf(gateway.host, "r1").values()].some(({ error }) => /cancel/i.test(error));
    await waitFor(isTold, 5_000);
  });
}
