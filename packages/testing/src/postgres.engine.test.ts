import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { checkLeaks } from "./leak-check.ts";
import { startTestPostgres } from "./postgres.ts";

checkLeaks();

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

test("each call gives an empty database of its own on the same server", async () => {
  await using first = await startTestPostgres();
  await using second = await startTestPostgres();
  await query(first.connectionString, "create table t as select 1 as n");
  assert.deepEqual(await query(second.connectionString, "select to_regclass('t')"), [null]);
  const started = "select pg_postmaster_start_time()::text";
  assert.deepEqual(await query(first.connectionString, started), await query(second.connectionString, started));
});

test("a template is prepared once and copied for each database", async () => {
  let preparations = 0;
  const template = {
    name: "one-table",
    prepare: async (connectionString: string): Promise<void> => {
      preparations += 1;
      await query(connectionString, "create table t as select 7 as n");
    },
  };
  const databases = await Promise.all([1, 2, 3].map(() => startTestPostgres({ template })));
  await using cleanup = new AsyncDisposableStack();
  for (const database of databases) cleanup.use(database);
  const rows = databases.map(({ connectionString }) => query(connectionString, "update t set n = n + 1 returning n"));
  assert.deepEqual(await Promise.all(rows), [[8], [8], [8]]);
  assert.equal(preparations, 1);
});

test("a template that fails to prepare is tried again", async () => {
  const failing = { name: "broken", prepare: () => Promise.reject(new Error("no such migration")) };
  await assert.rejects(startTestPostgres({ template: failing }), { message: "no such migration" });
  await using _database = await startTestPostgres({ template: { name: "broken", prepare: async () => undefined } });
});

test("an aborted wait gives the reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const opening = startTestPostgres({ signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(opening, (error) => error === reason);
});
