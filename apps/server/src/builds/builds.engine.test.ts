import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, Problem, silentLogger } from "@opendepot/base";
import { checkLeaks } from "@opendepot/testing";
import { BuilderPool } from "../builders/pool.ts";
import { createGatewayHost } from "../gateway-host.ts";
import type { Build } from "../store/builds.ts";
import { createStores } from "../store/stores.ts";
import { FakeProvider } from "../testing/fake-provider.ts";
import { seed } from "../testing/seed.ts";
import { SetClock } from "../testing/set-clock.ts";
import { openTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { type ConnectDeps, connectBuild } from "./connect.ts";
import { BuildEnds } from "./ends.ts";
import { finishBuild } from "./finish.ts";
import { noteHeartbeat } from "./heartbeat.ts";
import { StartFailures } from "./start-failures.ts";
import { SILENCE_MS, SWEEP_EVERY_MS, Sweep, UNUSED_MS } from "./sweep.ts";

checkLeaks();

async function setUp(database: TestDatabase) {
  const stores = createStores(database.query);
  const clock = new SetClock();
  const provider = new FakeProvider();
  const logger = silentLogger;
  const pool = new BuilderPool({ ...stores, provider, clock, logger, idleTimeoutMs: 600_000 });
  const [ends, failures] = [new BuildEnds(), new StartFailures()];
  const states: string[] = [];
  const common = {
    ...stores,
    pool,
    ends,
    failures,
    clock,
    logger,
    onEnded: (state: string) => void states.push(state),
  };
  const seeded = await seed(stores, clock.now());
  const find = async (id: string): Promise<Build> => {
    const build = await stores.builds.find(id);
    assert.ok(build);
    return build;
  };
  const connect = async (id: string, holdMs = 2000) => {
    const deps: ConnectDeps = { ...common, holdMs };
    return connectBuild(deps, await find(id), { architecture: "amd64", signal: AbortSignal.timeout(5000) });
  };
  const host = createGatewayHost({ ...common, recorder: { record: async () => undefined } });
  const admit = (buildId: string) => host.admit({ buildId, builderId: seeded.builderId }, AbortSignal.timeout(5000));
  return { ...common, ...seeded, stores, provider, states, find, connect, admit };
}

test("a build gets its builder at the first call and runs from then on", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, find, leases, builderId } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();

  const [first, second] = [await connect(id), await connect(id)];

  assert.equal(first.kind, "active");
  assert.equal(second.kind, "active");
  assert.equal((await find(id)).state, "running");
  assert.equal((await leases.find(id, builderId))?.state, "active");
});

test("calls of one build that ask at once all get the builder", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();

  const connections = await Promise.all([connect(id), connect(id), connect(id)]);

  assert.deepEqual(
    connections.map(({ kind }) => kind),
    ["active", "active", "active"],
  );
});

test("a slow start is pending until it is up", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, provider, find } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  const up = Promise.withResolvers<void>();
  provider.beforeStart = () => up.promise;

  const early = await connect(id, 10);
  assert.equal(early.kind, "pending");
  assert.equal((await find(id)).state, "waiting");

  up.resolve();
  assert.equal((await connect(id)).kind, "active");
});

test("a start that fails while nobody waits is told once, by the next call", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, provider } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  const outcome = Promise.withResolvers<void>();
  provider.beforeStart = () => outcome.promise;

  assert.equal((await connect(id, 10)).kind, "pending");
  outcome.reject(new Problem("engine_missing", "no engine"));
  await new Promise((resolve) => setImmediate(resolve));

  await assert.rejects(connect(id), (error) => isProblem(error, "engine_missing"));
  provider.beforeStart = async () => undefined;
  assert.equal((await connect(id)).kind, "active");
});

test("a build that ends while its builder starts gets no builder", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, provider, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  const up = Promise.withResolvers<void>();
  provider.beforeStart = () => up.promise;

  const connecting = connect(id);
  while (provider.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await finishBuild(deps, id, { state: "canceled", by: "client" });
  up.resolve();

  await assert.rejects(connecting, (error) => isProblem(error, "build_ended"));
  await assert.rejects(connect(id), (error) => isProblem(error, "build_ended"));
});

test("the gateway lets a build in while it runs, and cuts it the moment it ends", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, admit, states, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  await assert.rejects(admit(id), (error) => isProblem(error, "builder_gone"), "no lease yet");
  await connect(id);

  const { ended } = await admit(id);
  assert.equal(ended.aborted, false);
  assert.equal(await finishBuild(deps, id, { state: "succeeded", by: "client" }), true);
  assert.equal(await finishBuild(deps, id, { state: "failed", by: "client" }), false);

  assert.ok(isProblem(ended.reason, "build_ended"));
  await assert.rejects(admit(id), (error) => isProblem(error, "build_ended"));
  assert.deepEqual(states, ["succeeded"]);
  assert.deepEqual(deps.ends.watched(), []);
});

test("an end that comes while the gateway is still asking is not missed", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, admit, ...deps } = await setUp(database);
  await using _ = pool;

  for (let round = 0; round < 20; round++) {
    const id = await newBuild();
    await connect(id);
    const [admitted] = await Promise.allSettled([
      admit(id),
      finishBuild(deps, id, { state: "succeeded", by: "client" }),
    ]);

    if (admitted.status === "fulfilled") assert.equal(admitted.value.ended.aborted, true, `round ${round}`);
    else assert.ok(isProblem(admitted.reason, "build_ended"));
  }
  assert.deepEqual(deps.ends.watched(), []);
});

test("a build is cut when its builder dies, and admitted again on a new one", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, admit, provider, builderId } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  await connect(id);
  const { ended } = await admit(id);

  provider.kill(builderId);

  assert.ok(isProblem(ended.reason, "engine_stopped"));
  assert.equal((await admit(id)).ended.aborted, false);
});

test("three missed heartbeats cancel a build, free its lease and cut it", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, admit, find, clock, leases, builderId, states, ...deps } = await setUp(database);
  await using _ = pool;
  const sweep = new Sweep({ ...deps, clock });
  const rounds = async (count: number, each: () => Promise<void> = async () => undefined): Promise<void> => {
    for (let round = 0; round < count; round++) {
      clock.advance(SWEEP_EVERY_MS);
      await each();
      await sweep.round();
    }
  };
  const id = await newBuild();
  await connect(id);
  const { ended } = await admit(id);

  await rounds(20, async () => void (await noteHeartbeat({ ...deps, leases, clock }, await find(id), "amd64")));
  assert.equal((await find(id)).state, "running");

  await rounds(SILENCE_MS / SWEEP_EVERY_MS);
  assert.equal((await find(id)).state, "running", "exactly the limit is not beyond it");
  await rounds(1);

  const build = await find(id);
  assert.equal(build.state, "canceled");
  assert.match(build.reason ?? "", /silent for 15 s/);
  assert.equal((await leases.find(id, builderId))?.state, "released");
  assert.ok(isProblem(ended.reason, "build_ended"));
  assert.deepEqual(states, ["canceled"]);
  const cancelsAt = await noteHeartbeat({ ...deps, leases, clock }, build, "amd64");
  assert.deepEqual(cancelsAt, clock.now(), "a client that comes back is told to stop");
});

test("a new server gives every build the whole time again, and so does a pause of the machine", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, find, clock, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  await connect(id);
  clock.advance(3_600_000);

  const restarted = new Sweep({ ...deps, clock });
  await restarted.round();
  clock.advance(SWEEP_EVERY_MS);
  await restarted.round();
  assert.equal((await find(id)).state, "running", "after a restart");

  clock.advance(3_600_000);
  await restarted.round();
  assert.equal((await find(id)).state, "running", "after a pause");

  for (let round = 0; round <= SILENCE_MS / SWEEP_EVERY_MS; round++) {
    clock.advance(SWEEP_EVERY_MS);
    await restarted.round();
  }
  assert.equal((await find(id)).state, "canceled");
});

test("a build that never asks for a builder is given up after minutes, not seconds", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, find, clock, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  const sweep = new Sweep({ ...deps, clock });

  for (let waited = 0; waited < UNUSED_MS; waited += SWEEP_EVERY_MS) {
    clock.advance(SWEEP_EVERY_MS);
    await sweep.round();
    assert.equal((await find(id)).state, "created");
  }
  clock.advance(SWEEP_EVERY_MS);
  await sweep.round();

  assert.equal((await find(id)).state, "canceled");
});

test("a heartbeat before the builder is up says nothing of an end", async () => {
  await using database = await openTestDatabase();
  const { pool, newWaitingBuild, find, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newWaitingBuild();
  await finishBuild(deps, id, { state: "canceled", by: "server", reason: "test" });

  assert.equal(await noteHeartbeat(deps, await find(id), "amd64"), undefined);
});

test("ends that another server wrote are heard here too", async () => {
  await using database = await openTestDatabase();
  const { pool, newBuild, connect, admit, builds, clock, ...deps } = await setUp(database);
  await using _ = pool;
  const id = await newBuild();
  await connect(id);
  const { ended } = await admit(id);

  await builds.finish(id, { state: "succeeded", by: "client", at: clock.now() });
  await new Sweep({ ...deps, builds, clock }).round();

  assert.ok(isProblem(ended.reason, "build_ended"));
});
