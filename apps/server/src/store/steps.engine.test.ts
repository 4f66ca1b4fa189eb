import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, systemClock } from "@opendepot/base";
import { checkLeaks } from "@opendepot/testing";
import type { EngineStatus } from "../status/engine-status.ts";
import { StatusFold } from "../status/fold.ts";
import { StatusRecorder } from "../status/recorder.ts";
import { seed } from "../testing/seed.ts";
import { openTestDatabase } from "../testing/test-database.ts";
import { createStores } from "./stores.ts";

checkLeaks();

const digest = `sha256:${"a".repeat(64)}`;
const time = (seconds: number, nanos = 0): { seconds: bigint; nanos: number } => ({ seconds: BigInt(seconds), nanos });

function status(change: Partial<EngineStatus>): EngineStatus {
  return { vertexes: [], logs: [], warnings: [], ...change };
}

function vertex(change: Partial<EngineStatus["vertexes"][number]> = {}): EngineStatus["vertexes"][number] {
  return { digest, inputs: [], name: "RUN make", cached: false, error: "", ...change };
}

function log(text: string, nanos: number, vertexDigest: string = digest): EngineStatus["logs"][number] {
  return { vertex: vertexDigest, timestamp: time(1, nanos), stream: 1n, msg: Buffer.from(text) };
}

test("a status stream that is replayed writes nothing twice", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const buildId = await (await seed(stores)).newBuild();
  const write = (() => {
    const fold = new StatusFold({ buildId, ref: "r1", builderId: "b" });
    const completed = vertex({ started: time(1), completed: time(3), inputs: ["sha256:b"] });
    const warning = { vertex: digest, level: 1n, short: Buffer.from("old syntax"), url: "" };
    fold.add(status({ vertexes: [completed], logs: [log("one\n", 1), log("two\n", 2)], warnings: [warning] }));
    return fold.toWrite();
  })();

  await stores.steps.write([write], new Date());
  await stores.steps.write([write], new Date());

  const [step, ...others] = await stores.steps.list(buildId, { limit: 10 });
  assert.equal(others.length, 0);
  assert.ok(step);
  assert.equal(step.logBytes, 8);
  assert.deepEqual(step.inputs, ["sha256:b"]);
  assert.equal(step.completedAt?.getTime(), 3000);
  const entries = await stores.steps.readLog(step.id, { limit: 10 });
  assert.equal(Buffer.concat(entries.map(({ message }) => message)).toString(), "one\ntwo\n");
  assert.equal((await stores.steps.listWarnings(buildId)).length, 1);
});

test("later reports of a step replace earlier ones and keep what they leave out", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const buildId = await (await seed(stores)).newBuild();
  await using recorder = new StatusRecorder({ steps: stores.steps, clock: systemClock, logger: silentLogger });
  const source = { buildId, ref: "r1" };

  // The log comes before the step that it belongs to, as engines send it at times.
  await recorder.record(source, status({ logs: [log("early\n", 1)] }));
  await recorder.flush();
  await recorder.record(source, status({ vertexes: [vertex({ inputs: ["sha256:c"] })] }), { [digest]: "stable" });
  await recorder.flush();
  await recorder.record(source, status({ vertexes: [vertex({ started: time(5), inputs: ["sha256:c"] })] }));
  await recorder.flush();
  await recorder.record(
    source,
    status({ vertexes: [vertex({ started: time(5), completed: time(6), error: "exit 1" })] }),
  );
  await recorder.flush();

  const [step] = await stores.steps.list(buildId, { limit: 10 });
  assert.equal(step?.name, "RUN make");
  assert.equal(step?.error, "exit 1");
  assert.equal(step?.startedAt?.getTime(), 5000);
  assert.equal(step?.completedAt?.getTime(), 6000);
  assert.equal(step?.logBytes, 6);
});

test("a step's log is kept up to its limit and then marked as cut", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query, 10);
  const buildId = await (await seed(stores)).newBuild();
  const write = (text: string, nanos: number): Promise<void> => {
    const fold = new StatusFold({ buildId, ref: "r1" });
    fold.add(status({ logs: [log(text, nanos)] }));
    return stores.steps.write([fold.toWrite()], new Date());
  };

  await write("123456", 1);
  await write("789012", 2);
  await write("345678", 3);

  const [step] = await stores.steps.list(buildId, { limit: 10 });
  assert.ok(step);
  assert.equal(step.logBytes, 10);
  assert.equal(step.isLogCut, true);
  const entries = await stores.steps.readLog(step.id, { limit: 10 });
  assert.equal(Buffer.concat(entries.map(({ message }) => message)).toString(), "1234567890");
});

test("statuses of a deleted build are dropped and take no others with them", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const buildId = await (await seed(stores)).newBuild();
  await using recorder = new StatusRecorder({ steps: stores.steps, clock: systemClock, logger: silentLogger });

  await recorder.record({ buildId: "deleted", ref: "r" }, status({ vertexes: [vertex()] }));
  await recorder.record({ buildId, ref: "r" }, status({ vertexes: [vertex()] }));
  await recorder.flush();

  assert.equal((await stores.steps.list(buildId, { limit: 10 })).length, 1);
  assert.equal((await stores.steps.list("deleted", { limit: 10 })).length, 0);
});

test("text that PostgreSQL cannot hold is stored without what it cannot hold", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const buildId = await (await seed(stores)).newBuild();
  await using recorder = new StatusRecorder({ steps: stores.steps, clock: systemClock, logger: silentLogger });
  const raw = Buffer.from([0xff, 0x00, 0x41]);
  const odd = vertex({ name: "RUN a\0b", error: "\0\ud800" });

  await recorder.record({ buildId, ref: "r" }, status({ vertexes: [odd], logs: [{ ...log("", 1), msg: raw }] }));
  await recorder.flush();

  const [step] = await stores.steps.list(buildId, { limit: 10 });
  assert.equal(step?.name, "RUN ab");
  const [entry] = step ? await stores.steps.readLog(step.id, { limit: 1 }) : [];
  assert.deepEqual(entry?.message, raw);
});

test("many rows in one write stay within the limits of a statement", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const buildId = await (await seed(stores)).newBuild();
  const fold = new StatusFold({ buildId, ref: "r" });
  const digests = Array.from({ length: 2500 }, (_, index) => `sha256:${index}`);
  fold.add(status({ vertexes: digests.map((each) => vertex({ digest: each })) }));
  fold.add(status({ logs: digests.flatMap((each) => [log("a", 1, each), log("b", 2, each), log("c", 3, each)]) }));

  await stores.steps.write([fold.toWrite()], new Date());

  const steps = await stores.steps.list(buildId, { limit: 5000 });
  assert.equal(steps.length, 2500);
  assert.ok(steps.every(({ logBytes }) => logBytes === 3));
});
