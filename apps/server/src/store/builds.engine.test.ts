import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLeaks } from "@opendepot/testing";
import { newLongId } from "../ids.ts";
import { seed } from "../testing/seed.ts";
import { openTestDatabase } from "../testing/test-database.ts";
import { createStores } from "./stores.ts";

checkLeaks();

const at = new Date("2026-01-01T00:00:00Z");
const later = (ms: number): Date => new Date(at.getTime() + ms);

test("of many that end a build at once, exactly one wins and its word stays", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const { newWaitingBuild, builderId } = await seed(stores, at);
  const id = await newWaitingBuild();

  const ends = ["succeeded", "failed", "canceled"] as const;
  const won = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      stores.builds.finish(id, { state: ends[index % 3] ?? "failed", by: "client", reason: String(index), at }),
    ),
  );

  assert.equal(won.filter(Boolean).length, 1);
  const build = await stores.builds.find(id);
  assert.equal(build?.reason, String(won.indexOf(true)));
  assert.equal((await stores.leases.find(id, builderId))?.state, "released");
});

test("a client's word replaces the server's guess that it was gone, once", async () => {
  await using database = await openTestDatabase();
  const { builds, ...stores } = createStores(database.query);
  const { newWaitingBuild } = await seed({ builds, ...stores }, at);
  const id = await newWaitingBuild();

  assert.equal(await builds.finish(id, { state: "canceled", by: "server", reason: "silent", at }), true);
  assert.equal(await builds.finish(id, { state: "succeeded", by: "client", at: later(1) }), true);
  assert.equal(await builds.finish(id, { state: "failed", by: "client", at: later(2) }), false);
  assert.equal(await builds.finish(id, { state: "canceled", by: "server", at: later(3) }), false);

  const build = await builds.find(id);
  assert.equal(build?.state, "succeeded");
  assert.equal(build?.reason, undefined);
  assert.deepEqual(build?.finishedAt, later(1));
});

test("a heartbeat and the sweep at the same moment never both win", async () => {
  await using database = await openTestDatabase();
  const { builds, ...stores } = createStores(database.query);
  const { newWaitingBuild } = await seed({ builds, ...stores }, at);

  for (let round = 0; round < 20; round++) {
    const id = await newWaitingBuild();
    const silence = { heardBefore: later(1), createdBefore: at };
    const [isHeard, canceled] = await Promise.all([
      builds.heartbeat(id, later(60_000)),
      builds.cancelSilent(silence, "silent", later(60_000)),
    ]);

    assert.equal(isHeard, !canceled.includes(id));
    assert.equal((await builds.find(id))?.state, isHeard ? "waiting" : "canceled");
    await builds.finish(id, { state: "failed", by: "client", at });
  }
});

test("no lease outlives its build, also when it is granted while the build ends", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const { newBuild, builderId, projectId } = await seed(stores, at);
  const wanted = { builderId, projectId, architecture: "amd64", now: at } as const;

  for (let round = 0; round < 20; round++) {
    const buildId = await newBuild();
    const [lease] = await Promise.all([
      stores.leases.request({ id: newLongId(), buildId, ...wanted }),
      stores.builds.finish(buildId, { state: "failed", by: "client", at }),
    ]);

    const stored = await stores.leases.find(buildId, builderId);
    assert.ok(stored === undefined || stored.state === "released", `${stored?.state}`);
    if (lease) assert.equal(await stores.leases.activate(lease, at), false);
  }
  assert.deepEqual(await stores.leases.listBuildsOf(builderId), []);
});

test("only silent builds are canceled: each by the rule of its state", async () => {
  await using database = await openTestDatabase();
  const { builds, ...stores } = createStores(database.query);
  const { newBuild, newWaitingBuild } = await seed({ builds, ...stores }, at);
  const silent = await newWaitingBuild();
  const heard = await newWaitingBuild();
  await builds.heartbeat(heard, later(20_000));
  const unused = await newBuild();

  const first = await builds.cancelSilent({ heardBefore: later(10_000), createdBefore: at }, "silent", later(25_000));
  const second = await builds.cancelSilent({ heardBefore: at, createdBefore: later(1) }, "unused", later(300_000));

  assert.deepEqual(first, [silent]);
  assert.deepEqual(second, [unused]);
  assert.equal((await builds.find(heard))?.state, "waiting");
  assert.deepEqual(await builds.listEnded([silent, heard, "nobody"]), [silent, "nobody"]);
});

test("a lease that becomes active while its build ends does not stay active", async () => {
  await using database = await openTestDatabase();
  const stores = createStores(database.query);
  const { newWaitingBuild, builderId } = await seed(stores, at);

  for (let round = 0; round < 20; round++) {
    const buildId = await newWaitingBuild();
    const lease = await stores.leases.find(buildId, builderId);
    assert.ok(lease);
    await Promise.all([
      stores.leases.activate(lease, at),
      stores.builds.finish(buildId, { state: "failed", by: "client", at }),
      stores.builds.heartbeat(buildId, at),
    ]);

    assert.equal((await stores.leases.find(buildId, builderId))?.state, "released");
    assert.equal((await stores.builds.find(buildId))?.state, "failed");
  }
});

test("a build runs from its first builder on, and never goes back", async () => {
  await using database = await openTestDatabase();
  const { builds, leases, ...stores } = createStores(database.query);
  const { newBuild, projectId } = await seed({ builds, leases, ...stores }, at);
  const buildId = await newBuild();
  const request = (architecture: "amd64" | "arm64", now: Date) =>
    leases.request({
      id: newLongId(),
      buildId,
      projectId,
      builderId: `${projectId}-${architecture}`,
      architecture,
      now,
    });

  const first = await request("amd64", at);
  assert.ok(first);
  assert.equal((await builds.find(buildId))?.state, "waiting");
  assert.equal(await leases.activate(first, later(5)), true);
  const second = await request("arm64", later(6));
  assert.ok(second);
  assert.equal(await leases.activate(second, later(7)), true);
  assert.equal(await leases.activate(second, later(8)), false);
  assert.deepEqual(await request("amd64", later(9)), { ...first, state: "active", activatedAt: later(5) });

  const build = await builds.find(buildId);
  assert.equal(build?.state, "running");
  assert.deepEqual(build?.startedAt, later(5));
  await builds.finish(buildId, { state: "succeeded", by: "client", at });
  assert.equal(await request("amd64", at), undefined);
  assert.equal(await builds.heartbeat(buildId, at), false);
});

test("pages of builds go from the newest to the oldest and miss none", async () => {
  await using database = await openTestDatabase();
  const { builds, ...stores } = createStores(database.query);
  const { newBuild, projectId } = await seed({ builds, ...stores }, at);
  const ids = (await builds.list(projectId, { limit: 10 })).map(({ id }) => id);
  for (let index = 0; index < 5; index++) ids.unshift(await newBuild());

  const first = await builds.list(projectId, { limit: 3 });
  const second = await builds.list(projectId, { before: first.at(-1)?.number, limit: 3 });

  assert.deepEqual(
    [...first, ...second].map(({ id }) => id),
    ids,
  );
});
