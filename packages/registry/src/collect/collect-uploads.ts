import { sql } from "kysely";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Query } from "../metadata/tables.ts";
import { fromNow } from "../metadata/transaction.ts";

interface CollectUploadsOptions {
  readonly uploadIdleMs: number;
  readonly keepMs: number;
  readonly orphanAgeMs: number;
  readonly signal: AbortSignal;
}

const BATCH = 500;

/** Ends uploads that have not moved for long, and drops those in the store that nobody knows. */
export async function collectUploads(db: Query, blobs: BlobStore, options: CollectUploadsOptions): Promise<number> {
  const { uploadIdleMs, keepMs, signal } = options;
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const { rows } = await sql<{ id: string }>`
      update registry.uploads set ended_at = now(), digest = null where id in (
        select id from registry.uploads where ended_at is null and touched_at < ${fromNow(-uploadIdleMs)}
        limit ${BATCH} for update skip locked)
      returning id`.execute(db);
    for (const { id } of rows) await blobs.abort(id, signal);
    removed += rows.length;
    if (rows.length === 0) break;
  }
  // Until now they have prolonged what was promised to their pushes.
  await sql`delete from registry.uploads where ended_at < ${fromNow(-2 * keepMs)}`.execute(db);
  return removed + (await dropUnknown(db, blobs, options));
}

/** An upload is known before its bytes are there, and until they are a blob: bytes without it are left over. */
async function dropUnknown(db: Query, blobs: BlobStore, options: CollectUploadsOptions): Promise<number> {
  const { orphanAgeMs, signal } = options;
  const before = Date.now() - orphanAgeMs;
  let dropped = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    const known = await sql<{ id: string }>`
      select id from registry.uploads where ended_at is null and id = any(${batch})`.execute(db);
    const open = new Set(known.rows.map(({ id }) => id));
    for (const id of batch.filter((one) => !open.has(one))) {
      await blobs.abort(id, signal);
      dropped += 1;
    }
    batch = [];
  };
  for await (const { id, modifiedAt } of blobs.uploads(signal)) {
    if (modifiedAt.getTime() > before) continue;
    batch.push(id);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return dropped;
}
