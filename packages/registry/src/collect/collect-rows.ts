import { type RawBuilder, sql } from "kysely";
import type { Query } from "../metadata/tables.ts";
import { inTransaction } from "../metadata/transaction.ts";
import { promiseHasEnded } from "./unneeded.ts";

interface CollectRowsOptions {
  readonly keepMs: number;
  readonly signal: AbortSignal;
}

const BATCH = 200;

/**
 * Removes manifests that have no tag, are in no index and are no referrers of a manifest that is here. Indexes go before
 * their children and subjects before their referrers, round after round.
 */
export async function collectManifests(db: Query, options: CollectRowsOptions): Promise<number> {
  return await collectRows(db, "registry.manifests", isUnnamed(), options);
}

/** Takes blobs from repositories in which no manifest needs them. */
export async function collectLinks(db: Query, options: CollectRowsOptions): Promise<number> {
  return await collectRows(db, "registry.blob_links", isUnused(), options);
}

function isUnnamed(): RawBuilder<boolean> {
  return sql<boolean>`
    not exists (select from registry.tags tag
      where tag.repository_id = row.repository_id and tag.digest = row.digest)
    and not exists (select from registry.manifest_children edge
      where edge.repository_id = row.repository_id and edge.child = row.digest)
    and not exists (select from registry.manifests subject
      where subject.repository_id = row.repository_id and subject.digest = row.subject)`;
}

function isUnused(): RawBuilder<boolean> {
  return sql<boolean>`
    not exists (select from registry.manifest_blobs used
      where used.repository_id = row.repository_id and used.blob = row.digest)`;
}

/**
 * Locks rows, then looks again before it removes them. Whoever wants to refer to a row takes a lock that this one
 * excludes: he came before, then the second look finds him, or he comes after, then he finds the row gone. Rows that are
 * locked by others are in use, and left alone.
 */
async function collectRows(
  db: Query,
  table: "registry.manifests" | "registry.blob_links",
  isUnneeded: RawBuilder<boolean>,
  { keepMs, signal }: CollectRowsOptions,
): Promise<number> {
  const condition = sql<boolean>`${promiseHasEnded("row", keepMs)} and ${isUnneeded}`;
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await inTransaction(db, async (tx) => {
      const { rows } = await sql<{ repository_id: string; digest: string }>`
        select row.repository_id, row.digest from ${sql.table(table)} as row where ${condition}
        order by row.repository_id, row.digest limit ${BATCH} for update of row skip locked`.execute(tx);
      if (rows.length === 0) return 0;
      const deleted = await sql`
        delete from ${sql.table(table)} as row
        using unnest(${rows.map((row) => row.repository_id)}::bigint[], ${rows.map((row) => row.digest)}::text[])
          as locked (repository_id, digest)
        where row.repository_id = locked.repository_id and row.digest = locked.digest and ${condition}
        returning 1`.execute(tx);
      return deleted.rows.length;
    });
    removed += count;
    if (count === 0) return removed;
  }
}
