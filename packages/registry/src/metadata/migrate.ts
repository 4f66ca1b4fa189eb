import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { schemaChanged, schemaTooNew } from "../problems.ts";
import { type RegistryMigration, registryMigrations } from "./migrations.ts";

/** Any fixed number: registries that start at once on one database migrate one after another. */
const LOCK = 7_306_510_944;

/**
 * Brings the tables of the registry up to date, all in one transaction. For a registry on its own: a program with
 * migrations of its own runs {@link registryMigrations} among them instead, never both.
 *
 * @throws {Problem} `schema_too_new` when a newer registry has been here, `schema_changed` when an applied step differs
 */
export async function migrateRegistry<Tables>(database: Kysely<Tables>): Promise<void> {
  await database.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    await sql`create table if not exists registry_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`.execute(tx);
    const { rows } = await sql<{ name: string; checksum: string }>`
      select name, checksum from registry_migrations`.execute(tx);
    for (const { name, checksum } of rows) {
      const known = registryMigrations.find((migration) => migration.name === name);
      if (!known) throw schemaTooNew(name);
      if (checksumOf(known) !== checksum) throw schemaChanged(name);
    }
    const applied = new Set(rows.map(({ name }) => name));
    for (const migration of registryMigrations.filter(({ name }) => !applied.has(name))) {
      await sql.raw(migration.sql).execute(tx);
      await sql`insert into registry_migrations (name, checksum)
        values (${migration.name}, ${checksumOf(migration)})`.execute(tx);
    }
  });
}

function checksumOf({ sql: text }: RegistryMigration): string {
  return createHash("sha256").update(text).digest("hex");
}
