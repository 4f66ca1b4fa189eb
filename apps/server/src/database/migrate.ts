import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { Logger } from "@opendepot/base";
import type { Pool, PoolClient } from "pg";
import { migrationChanged, schemaTooNew } from "../problems.ts";

/** One step forward of the schema: `NNNN-name.sql`. Once released, a file is never edited. */
interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** Any fixed number: servers that start at once on one database migrate one after another. */
const LOCK = 7_306_510_943;
const FOLDER = new URL("./migrations/", import.meta.url);

/**
 * Applies the migrations that the database lacks, all in one transaction: either the schema is new or it is as before.
 *
 * @throws {Problem} `schema_too_new` when a newer server has been here, `migration_changed` when an applied file differs
 */
export async function migrate(pool: Pool, logger: Logger): Promise<void> {
  const migrations = await readMigrations();
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
    const missing = await findMissing(client, migrations);
    for (const migration of missing) await apply(client, migration);
    await client.query("commit");
    for (const { name } of missing) logger.info("migration applied", { migration: name });
  } catch (error) {
    await client.query("rollback").catch(() => undefined); // the connection itself may be what failed
    throw error;
  } finally {
    client.release();
  }
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), "utf8");
      const checksum = createHash("sha256").update(sql).digest("hex");
      return { number: Number.parseInt(name, 10), name, sql, checksum };
    }),
  );
}

async function findMissing(client: PoolClient, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  await client.query(`create table if not exists migrations (
    number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now()
  )`);
  const { rows } = await client.query<Pick<Migration, "number" | "name" | "checksum">>(
    "select number, name, checksum from migrations order by number",
  );
  for (const applied of rows) {
    const known = migrations.find(({ number }) => number === applied.number);
    if (!known) throw schemaTooNew(applied.name);
    if (known.checksum !== applied.checksum) throw migrationChanged(applied.name);
  }
  const last = rows.at(-1)?.number ?? 0;
  return migrations.filter(({ number }) => number > last);
}

async function apply(client: PoolClient, { number, name, sql, checksum }: Migration): Promise<void> {
  await client.query(sql);
  await client.query("insert into migrations (number, name, checksum) values ($1, $2, $3)", [number, name, checksum]);
}
