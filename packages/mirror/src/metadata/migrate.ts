import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { schemaChanged, schemaTooNew } from "../problems.ts";
import { type MirrorMigration, mirrorMigrations } from "./migrations.ts";

/** Any fixed number: mirrors that start at once on one database migrate one after another. */
const LOCK = 7_306_510_945;

/**
 * Brings the tables of the mirror up to date, all in one transaction.
 *
 * @throws {Problem} `schema_too_new` when a newer mirror has been here, `schema_changed` when an applied step differs
 */
export async function migrateMirror<Tables>(database: Kysely<Tables>): Promise<void> {
  await database.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    await sql`create table if not exists mirror_migrations (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`.execute(tx);
    const applied = await sql<{ name: string; checksum: string }>`
      select name, checksum from mirror_migrations`.execute(tx);
    for (const { name, checksum } of applied.rows) {
      const known = mirrorMigrations.find((migration) => migration.name === name);
      if (!known) throw schemaTooNew(name);
      if (checksumOf(known) !== checksum) throw schemaChanged(name);
    }
    for (const migration of mirrorMigrations) {
      if (applied.rows.some(({ name }) => name === migration.name)) continue;
      await sql.raw(migration.sql).execute(tx);
      await sql`insert into mirror_migrations (name, checksum)
        values (${migration.name}, ${checksumOf(migration)})`.execute(tx);
    }
  });
}

function checksumOf({ sql: text }: MirrorMigration): string {
  return createHash("sha256").update(text).digest("hex");
}
