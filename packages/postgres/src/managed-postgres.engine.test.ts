import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type Logger, silentLogger } from "@opendepot/base";
import {
  canRunAs,
  eventually,
  isRoot,
  processesIn,
  query,
  startOwnerProcess,
  testFolder,
  usedDataDir,
} from "../test/support.ts";
import { startManagedPostgres } from "./index.ts";

const nobody = 65_534;

test("the first start makes a UTF-8 database, and later starts find what was stored in it", async () => {
  await using folder = await testFolder();
  const messages: string[] = [];
  const logger: Logger = { ...silentLogger, info: (message) => messages.push(message) };
  const options = { dataDir: join(folder.path, "not", "made", "yet"), logger };
  {
    await using first = await startManagedPostgres(options);
    assert.deepEqual(await query(first, "show server_encoding"), ["UTF8"]);
    assert.deepEqual(await query(first, "select lower('ÄÖ')"), ["äö"]);
    await query(first, "create table kept as select 'x' as value");
  }
  await using second = await startManagedPostgres(options);
  assert.deepEqual(await query(second, "select value from kept"), ["x"]);
  assert.equal(messages.filter((message) => message === "creating the database").length, 1);
});

test("commits reach the disk, and nothing listens on TCP", async () => {
  await using folder = await testFolder();
  await using postgres = await startManagedPostgres({ dataDir: await usedDataDir(folder.path) });
  assert.deepEqual(await query(postgres, "select name || '=' || setting from pg_settings where name in ('fsync')"), [
    "fsync=on",
  ]);
  assert.deepEqual(await query(postgres, "show listen_addresses"), [""]);
  const cluster = await stat(join(folder.path, "data", "cluster"));
  assert.equal(cluster.mode & 0o777, 0o700);
});

test("a second start on the same folder is refused and names the owner", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await using _first = await startManagedPostgres({ dataDir });
  await assert.rejects(startManagedPostgres({ dataDir }), {
    code: "data_dir_in_use",
    message: new RegExp(`in use by process ${process.pid}$`),
  });
});

test("a start on the folder of another live process is refused and does it no harm", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await using owner = await startOwnerProcess(dataDir);
  await assert.rejects(startManagedPostgres({ dataDir }), {
    code: "data_dir_in_use",
    detail: { dataDir, pid: owner.pid },
  });
  assert.deepEqual(await query(owner.server, "select 1"), [1]);
});

test("of many starts at once on a folder with a stale lock exactly one succeeds", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  await writeFile(join(dataDir, "owner.lock"), '{"pid":4194304,"start":"x"}');
  const starts = await Promise.allSettled(Array.from({ length: 8 }, () => startManagedPostgres({ dataDir })));
  await using cleanup = new AsyncDisposableStack();
  for (const start of starts) if (start.status === "fulfilled") cleanup.use(start.value);
  const codes = starts.map((start) => (start.status === "fulfilled" ? "started" : start.reason.code)).sort();
  assert.deepEqual(codes, [...Array.from({ length: 7 }, () => "data_dir_in_use"), "started"]);
});

test("stopping twice, also at the same time, stops once and lets go of the folder", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  const postgres = await startManagedPostgres({ dataDir });
  await Promise.all([postgres[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
  await postgres[Symbol.asyncDispose]();
  assert.deepEqual(await processesIn(folder.path), []);
  assert.equal(postgres.exited.aborted, false);
  await using _again = await startManagedPostgres({ dataDir });
});

test("stopping cuts sessions that are still open", async () => {
  await using folder = await testFolder();
  const postgres = await startManagedPostgres({ dataDir: await usedDataDir(folder.path) });
  const sleeping = assert.rejects(query(postgres, "select pg_sleep(60)"), { code: "57P01" });
  await eventually(async () => {
    const [active] = await query(postgres, "select count(*)::int from pg_stat_activity where query like '%sleep(60)'");
    return active === 1;
  });
  await postgres[Symbol.asyncDispose]();
  await sleeping;
});

test("acknowledged rows outlive kill -9 of the owner, and the next start gets the folder", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  {
    await using owner = await startOwnerProcess(dataDir);
    await query(owner.server, "create table kept as select generate_series(1, 1000) as n");
  }
  await using next = await startManagedPostgres({ dataDir });
  assert.deepEqual(await query(next, "select count(*)::int from kept"), [1000]);
});

test("a server whose owner was killed stops by itself", { skip: process.platform !== "linux" }, async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  {
    await using _owner = await startOwnerProcess(dataDir);
    assert.notDeepEqual(await processesIn(folder.path), []);
  }
  await eventually(async () => (await processesIn(folder.path)).length === 0);
});

test("a server that was left running is stopped at the next start", {
  skip: process.platform !== "linux",
}, async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  let left: number;
  {
    await using owner = await startOwnerProcess(dataDir, { withoutWatchdog: true });
    await query(owner.server, "create table kept as select 1 as n");
    left = owner.server.pid;
  }
  const messages: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => messages.push(message) };
  await using next = await startManagedPostgres({ dataDir, logger });
  assert.deepEqual(messages, ["stopping the PostgreSQL that an earlier process left running"]);
  assert.notEqual(next.pid, left);
  assert.equal((await processesIn(folder.path)).includes(left), false);
  assert.deepEqual(await query(next, "select n from kept"), [1]);
});

test("a server that is killed says so, and the next start recovers", async () => {
  await using folder = await testFolder();
  const dataDir = await usedDataDir(folder.path);
  {
    await using postgres = await startManagedPostgres({ dataDir });
    await query(postgres, "create table kept as select 1 as n");
    process.kill(postgres.pid, "SIGKILL");
    if (!postgres.exited.aborted) await once(postgres.exited, "abort");
    assert.equal(postgres.exited.reason.code, "postgres_exited");
    assert.match(postgres.exited.reason.message, /was killed by SIGKILL: .*ready to accept connections/);
  }
  await using next = await startManagedPostgres({ dataDir });
  assert.deepEqual(await query(next, "select n from kept"), [1]);
});

test("as root the server runs as another user, below folders that only root may enter", {
  skip: !isRoot,
}, async () => {
  await using folder = await testFolder();
  const closed = join(folder.path, "closed");
  await mkdir(closed);
  await chmod(closed, 0o700);
  await using postgres = await startManagedPostgres({ dataDir: await usedDataDir(closed) });
  assert.notEqual((await stat(`/proc/${postgres.pid}`)).uid, 0);
  assert.deepEqual(await query(postgres, "create table t (n int)"), []);
});

test("without root it runs as the user that started it", { skip: !canRunAs(nobody) }, async () => {
  await using folder = await testFolder();
  const dataDir = join(folder.path, "data");
  await mkdir(dataDir);
  await chown(dataDir, nobody, nobody);
  await using owner = await startOwnerProcess(dataDir, { uid: nobody });
  assert.equal((await stat(join(dataDir, "cluster"))).uid, nobody);
  assert.deepEqual(await query(owner.server, "select 1"), [1]);
});

test("a folder with a long and odd name works", { skip: process.platform !== "linux" }, async () => {
  await using folder = await testFolder();
  const odd = join(folder.path, `a b,c"d'é%20?#&${"x".repeat(120)}`);
  await mkdir(odd);
  await using postgres = await startManagedPostgres({ dataDir: await usedDataDir(odd) });
  assert.deepEqual(await query(postgres, "select 1"), [1]);
});

test("a short folder with odd characters works", async () => {
  await using folder = await testFolder();
  const odd = join(folder.path, `a b,c"é%20?#&`);
  await mkdir(odd);
  await using postgres = await startManagedPostgres({ dataDir: await usedDataDir(odd) });
  assert.deepEqual(await query(postgres, "select 1"), [1]);
});

for (const delayMs of [0, 5, 60, 300, 700]) {
  test(`giving up a first start after ${delayMs} ms leaves nothing running and a folder that can be used`, async () => {
    await using folder = await testFolder();
    const dataDir = join(folder.path, "data");
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), delayMs);
    const started = await startManagedPostgres({ dataDir, signal: controller.signal }).catch((error: unknown) => {
      assert.equal(error, reason);
      return undefined;
    });
    if (delayMs === 0) assert.equal(started, undefined);
    await started?.[Symbol.asyncDispose](); // a fast machine has started by then
    assert.deepEqual(await processesIn(folder.path), []);
    await using _later = await startManagedPostgres({ dataDir, settings: { fsync: "off" } });
  });
}

for (const delayMs of [15, 30, 45]) {
  test(`giving up a later start after ${delayMs} ms leaves nothing running`, async () => {
    await using folder = await testFolder();
    const dataDir = await usedDataDir(folder.path);
    const signal = AbortSignal.timeout(delayMs);
    const started = await startManagedPostgres({ dataDir, signal }).catch((error: unknown) => {
      assert.equal(error, signal.reason);
      return undefined;
    });
    await started?.[Symbol.asyncDispose]();
    assert.deepEqual(await processesIn(folder.path), []);
  });
}
