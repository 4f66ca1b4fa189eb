import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkLeaks, startTestPostgres } from "@opendepot/testing";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { createMetadata } from "./metadata.ts";
import { registryMigrations } from "./migrations.ts";
import { openRegistryDatabase } from "./open-database.ts";

checkLeaks({ graceMs: 5_000 });

suite("migrations", () => {
  test("are run once, by however many registries start at once", async () => {
    await using postgres = await startTestPostgres();
    const { connectionString } = postgres;

    const opened = await Promise.all([1, 2, 3].map(() => openRegistryDatabase({ connectionString })));
    await using again = await openRegistryDatabase({ connectionString });
    const { rows } = await sql<{ name: string }>`select name from registry_migrations`.execute(again.query);
    for (const database of opened) await database[Symbol.asyncDispose]();

    assert.deepEqual(
      rows.map(({ name }) => name),
      registryMigrations.map(({ name }) => name),
    );
  });

  test("leave a database that outlives its connections, also one that breaks under a query", async () => {
    await using postgres = await startTestPostgres();
    await using database = await openRegistryDatabase({ connectionString: postgres.connectionString });
    const admin = new pg.Client({ connectionString: postgres.connectionString });
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

  test("of a newer registry, or that were changed, are refused", async () => {
    await using postgres = await startTestPostgres();
    const { connectionString } = postgres;
    await using database = await openRegistryDatabase({ connectionString });

    await sql`insert into registry_migrations (name, checksum) values ('9999-future', 'x')`.execute(database.query);
    await assert.rejects(openRegistryDatabase({ connectionString }), { code: "schema_too_new" });
    await sql`delete from registry_migrations where name = '9999-future'`.execute(database.query);
    await sql`update registry_migrations set checksum = 'x'`.execute(database.query);
    await assert.rejects(openRegistryDatabase({ connectionString }), { code: "schema_changed" });
  });

  test("can be run by another program among its own, and names are in order", async () => {
    await using postgres = await startTestPostgres();
    const client = new pg.Client({ connectionString: postgres.connectionString });
    await client.connect();
    for (const migration of registryMigrations) await client.query(migration.sql);
    await client.end();
    await using other = openOther(postgres.connectionString);

    const id = await createMetadata(other.query, 1000).repositories.ensure("a/b");

    assert.equal(id, 1);
    const names = registryMigrations.map(({ name }) => name);
    assert.deepEqual(names, [...names].sort());
  });
});

/** A pool that reads `bigint` as its program likes it. */
function openOther(connectionString: string): AsyncDisposable & { query: Kysely<{ projects: object }> } {
  const types = { getTypeParser: (oid: number) => (oid === 20 ? BigInt : pg.types.getTypeParser(oid, "text")) };
  const pool = new pg.Pool({ connectionString, types: types as pg.CustomTypesConfig });
  pool.on("error", () => undefined); // the server may be quicker to close a connection than the pool
  const query = new Kysely<{ projects: object }>({ dialect: new PostgresDialect({ pool }) });
  return { query, [Symbol.asyncDispose]: () => query.destroy() };
}
