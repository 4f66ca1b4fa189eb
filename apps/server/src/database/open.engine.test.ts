import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@opendepot/base";
import { checkLeaks, startTestPostgres } from "@opendepot/testing";
import { sql } from "kysely";
import pg from "pg";
import { openDatabase } from "./open.ts";

checkLeaks();

test("a connection that breaks under a query fails that query, and nothing else", async () => {
  await using postgres = await startTestPostgres();
  const { connectionString } = postgres;
  await using database = await openDatabase({ connectionString, logger: silentLogger });
  const admin = new pg.Client({ connectionString });
  await admin.connect();

  const waiting = sql`select pg_sleep(60)`.execute(database.query).then(
    () => "slept",
    () => "broken",
  );
  const cut = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'";
  while ((await admin.query(cut)).rows.length === 0);
  const outcome = await waiting;
  await admin.end();
  const ask = () => sql<{ one: number }>`select 1 as one`.execute(database.query);
  // The pool may learn of the end only after it has lent the connection once more.
  const { rows } = await ask().catch(ask);

  assert.equal(outcome, "broken");
  assert.deepEqual(rows, [{ one: 1 }]);
});
