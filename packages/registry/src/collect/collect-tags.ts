import { sql } from "kysely";
import { expireBeyondNewest, REFERRERS_TAG } from "../metadata/image-store.ts";
import type { Query } from "../metadata/tables.ts";
import { fromNow, inTransaction } from "../metadata/transaction.ts";

const BATCH = 500;

/**
 * Removes tags that have expired, and tags that only keep referrers of a subject which is gone. What they named is kept
 * a while for those who are just pulling it.
 */
export async function collectTags(db: Query, options: { keepMs: number; signal: AbortSignal }): Promise<number> {
  const { keepMs, signal } = options;
  await expireBeyondNewest(db);
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await inTransaction(db, async (tx) => {
      const { rows } = await sql<{ repository_id: string; digest: string }>`
        delete from registry.tags where (repository_id, name) in (
          select tag.repository_id, tag.name from registry.tags tag
          where tag.expires_at <= now() or (tag.name ~ ${REFERRERS_TAG} and tag.pushed_at < ${fromNow(-keepMs)}
            and not exists (
              select from registry.manifests subject
              where subject.repository_id = tag.repository_id and subject.digest = replace(tag.name, '-', ':')))
          limit ${BATCH} for update of tag skip locked)
        returning repository_id, digest`.execute(tx);
      if (rows.length === 0) return 0;
      await sql`
        update registry.manifests manifest set kept_until = greatest(manifest.kept_until, ${fromNow(keepMs)})
        from unnest(${rows.map((row) => row.repository_id)}::bigint[], ${rows.map((row) => row.digest)}::text[])
          as named (repository_id, digest)
        where manifest.repository_id = named.repository_id and manifest.digest = named.digest`.execute(tx);
      return rows.length;
    });
    removed += count;
    if (count === 0) return removed;
  }
}
