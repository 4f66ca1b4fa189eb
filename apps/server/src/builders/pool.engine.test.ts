import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, Problem, silentLogger } from "@opendepot/base";
import { checkLeaks } from "@opendepot/testing";
import { newLongId } from "../ids.ts";
import { createStores } from "../store/stores.ts";
import { FakeProvider } from "../testing/fake-provider.ts";
import { type Seed, seed } from "../testing/seed.ts";
import { SetClock } from "../testing/set-clock.ts";
import { openTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { BuilderPool } from "./pool.ts";

checkLeaks();

const IDLE_MS = 600_000;

async function setUp(database: TestDatabase) {
  const stores = createStores(database.query);
  const clock = new SetClock();
  const provider = new FakeProvider();
  const pool = new BuilderPool({ ...stores, provider, clock, logger: silentLogger, idleTimeoutMs: IDLE_MS });
  const seeded: Seed = await seed(stores, clock.now());
  const end = (buildId: string): Promise<boolean> =>
    stores.builds.finish(buildId, { state: "succeeded", by: "client", at: clock.now() });
  return { stores, clock, provider, pool, end, ...seeded };
}

test("all who ask at once share one start, with the project's cache policy", async () => {
  await using database = await openTestDatabase();
  const { pool, provider, builderId, stores } = await setUp(database);
  await using _ = pool;

  const started = await Promise.all([pool.start(builderId), pool.start(builderId), pool.start(builderId)]);

  assert.deepEqual(provider.calls, [`start ${builderId}`]);
  assert.equal(new Set(started.map(({ builder }) => builder)).size, 1);
  assert.deepEqual(provider.requests[0]?.cachePolicy, { keepBytes: 1_000_000_000, keepDays: 7 });
  assert.equal((await stores.builders.find(builderId))?.state, "running");
});

test("a start that fails is told to all who asked, and the next one tries again", async () => {
  await using database = await openTestDatabase();
  const { pool, provider, builderId } = await setUp(database);
  await using _ = pool;
  provider.beforeStart = async () => {
    throw new Problem("engine_missing", "no engine");
  };

  const failed = await Promise.allSettled([pool.start(builderId), pool.start(builderId)]);
  provider.beforeStart = async () => undefined;
  const { builder } = await pool.start(builderId);

  assert.ok(failed.every((each) => each.status === "rejected" && isProblem(each.reason, "engine_missing")));
  assert.equal(builder.id, builderId);
});

test("a builder is stopped when no build has held it for the idle time", async () => {
  await using database = await openTestDatabase();
  const { pool, provider, builderId, newWaitingBuild, clock, end, stores } = await setUp(database);
  await using _ = pool;
  const build = await newWaitingBuild();
  const { ended } = await pool.start(builderId);

  clock.advance(2 * IDLE_MS);
  await pool.stopIdle();
  assert.equal(ended.aborted, false, "a build holds it");

  await end(build);
  clock.advance(IDLE_MS - 1);
  await pool.stopIdle();
  assert.equal(ended.aborted, false, "not idle long enough");

  clock.advance(2);
  await pool.stopIdle();
  assert.equal(ended.aborted, true);
  assert.deepEqual(provider.calls, [`start ${builderId}`, `stop ${builderId}`]);
  assert.equal((await stores.builders.find(builderId))?.state, "stopped");
});

test("a builder that a build leases at the moment of its idle stop is up for that build", async () => {
  await using database = await openTestDatabase();
  const { pool, builderId, newWaitingBuild, clock } = await setUp(database);
  await using _ = pool;

  for (let round = 0; round < 10; round++) {
    const idle = await pool.start(builderId);
    clock.advance(2 * IDLE_MS);
    const [, running] = await Promise.all([pool.stopIdle(), newWaitingBuild().then(() => pool.start(builderId))]);
    await new Promise((resolve) => setTimeout(resolve, 5));

    assert.equal(running.ended.aborted, false, `round ${round}`);
    assert.equal(running.builder.gone.aborted, false);
    await database.query.deleteFrom("leases").execute();
    if (running.builder !== idle.builder) assert.equal(idle.ended.aborted, true);
  }
});

test("a builder that dies ends for its builds at once and is started anew by the next", async () => {
  await using database = await openTestDatabase();
  const { pool, provider, builderId } = await setUp(database);
  await using _ = pool;
  const first = await pool.start(builderId);

  provider.kill(builderId);
  assert.ok(isProblem(first.ended.reason, "engine_stopped"));

  const second = await pool.start(builderId);
  assert.equal(second.ended.aborted, false);
  assert.deepEqual(provider.calls, [`start ${builderId}`, `start ${builderId}`]);
});

test("a reset cuts the builds on the project's builders and empties their caches", async () => {
  await using database = await openTestDatabase();
  const { pool, provider, builderId, projectId } = await setUp(database);
  await using _ = pool;
  const running = await pool.start(builderId);

  await pool.reset(projectId);

  assert.ok(isProblem(running.ended.reason, "cache_reset"));
  assert.deepEqual(provider.calls, [`start ${builderId}`, `reset ${builderId}`]);
  assert.equal((await pool.start(builderId)).ended.aborted, false);
});

test("a pool that is disposed of ends its builders, and starts none any more", async () => {
  await using database = await openTestDatabase();
  const { pool, builderId, stores } = await setUp(database);
  const running = await pool.start(builderId);

  await pool[Symbol.asyncDispose]();
  await pool[Symbol.asyncDispose]();

  assert.ok(isProblem(running.ended.reason, "builder_gone"));
  assert.equal((await stores.builders.find(builderId))?.state, "stopped");
  await assert.rejects(pool.start(builderId));
});

test("a builder of a project that was deleted is not started", async () => {
  await using database = await openTestDatabase();
  const { pool, builderId, stores, projectId, provider } = await setUp(database);
  await using _ = pool;
  await stores.projects.delete(projectId);

  await assert.rejects(pool.start(builderId), (error) => isProblem(error, "builder_gone"));
  await assert.rejects(pool.start(`${newLongId()}-amd64`), (error) => isProblem(error, "builder_gone"));
  assert.deepEqual(provider.calls, []);
});
