import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Builder, EngineKind } from "@opendepot/builder";
import { buildSmall, findEngineProcesses, listProcesses } from "@opendepot/builder/testing";
import { testBaseImage, testEngineKinds } from "@opendepot/testing";
import { openTestProvider, requestFor } from "./testing/local-provider.ts";

const BASE = 'FROM scratch\nCOPY --from=base busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n';
const CACHED = `${BASE}RUN echo dear > /dear\n`;

type Held = Pick<Builder, "endpoint" | "architecture">;

/** A process that holds a builder, as a server does. */
async function holdBuilder(kind: EngineKind, dataDir: string): Promise<{ server: ChildProcess; builder: Held }> {
  const script = path.join(import.meta.dirname, "testing/hold-builder.ts");
  const server = spawn(process.execPath, [script, kind, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(server.stdout), "line");
  return { server, builder: JSON.parse(line) };
}

for (const kind of await testEngineKinds()) {
  test(`${kind} does not outlive a server that is killed, and the next one has the cache`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-recovery-"));
    const contexts = { base: await testBaseImage() };
    const { server, builder } = await holdBuilder(kind, folder.path);
    await buildSmall(builder, { dockerfile: CACHED, contexts, signal: t.signal });

    server.kill("SIGKILL");
    await untilGone(builder);
    await using subject = await openTestProvider(kind, folder.path);
    const next = await subject.provider.start(requestFor("builder"), t.signal);

    const again = await buildSmall(next, { dockerfile: CACHED, contexts, signal: t.signal });
    assert.deepEqual(again.ran, []);
  });

  test(`an engine (${kind}) that hangs when its server is killed is put away with its running steps`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-recovery-"));
    const contexts = { base: await testBaseImage() };
    const { server, builder } = await holdBuilder(kind, folder.path);
    await buildSmall(builder, { dockerfile: CACHED, contexts, signal: t.signal });
    const endless = `${CACHED}RUN exec sleep 98765\n`;
    const cut = assert.rejects(buildSmall(builder, { dockerfile: endless, contexts, signal: t.signal }));
    await untilStepRuns();
    const engines = await findEngineProcesses(builder);
    for (const { pid } of engines) process.kill(pid, "SIGSTOP");

    server.kill("SIGKILL");
    await using subject = await openTestProvider(kind, folder.path);
    const next = await subject.provider.start(requestFor("builder"), t.signal);

    await cut;
    assert.equal(await countSleepers(), 0);
    const again = await buildSmall(next, { dockerfile: `${CACHED}RUN cat /dear\n`, contexts, signal: t.signal });
    assert.equal(again.ran.length, 1);
    assert.match(again.output, /dear/);
  });

  test(`stopping a builder (${kind}) ends the steps that run on it`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-stop-"));
    await using subject = await openTestProvider(kind, folder.path);
    const builder = await subject.provider.start(requestFor("builder"), t.signal);
    const contexts = { base: await testBaseImage() };
    const endless = `${BASE}RUN exec sleep 98765\n`;
    const cut = assert.rejects(buildSmall(builder, { dockerfile: endless, contexts, signal: t.signal }));
    await untilStepRuns();

    await subject.provider.stop("builder", t.signal);

    await cut;
    assert.equal(await countSleepers(), 0);
  });

  test(`a reset removes what the cache took on the disk (${kind})`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-reset-"));
    await using subject = await openTestProvider(kind, folder.path);
    const builder = await subject.provider.start(requestFor("builder"), t.signal);
    await buildSmall(builder, { dockerfile: CACHED, contexts: { base: await testBaseImage() }, signal: t.signal });

    await subject.provider.reset("builder", t.signal);

    const builders = path.join(folder.path, "builders");
    await assert.rejects(stat(path.join(builders, "builder")), { code: "ENOENT" });
    await until(async () => (await readdir(path.join(builders, ".trash"))).length === 0);
  });
}

async function untilGone(builder: Held): Promise<void> {
  await until(async () => (await findEngineProcesses(builder)).length === 0);
}

async function untilStepRuns(): Promise<void> {
  await until(async () => (await countSleepers()) > 0);
}

/** How many processes of the endless step run on this machine. */
async function countSleepers(): Promise<number> {
  return (await listProcesses()).filter(({ args }) => args.join(" ") === "sleep 98765").length;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "waited in vain");
    await sleep(20);
  }
}
