import { sql } from "kysely";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Query } from "../metadata/tables.ts";
import { inTransaction } from "../metadata/transaction.ts";

interface CollectBlobsOptions {
  readonly orphanAgeMs: number;
  readonly signal: AbortSignal;
}

/** What was removed. */
export interface RemovedBlobs {
  readonly blobs: number;
  readonly bytes: number;
}

const BATCH = 500;

/** Removes the bytes of blobs that no repository has and that no upload is about to become. */
export async function collectBlobs(db: Query, store: BlobStore, options: CollectBlobsOptions): Promise<RemovedBlobs> {
  await adoptUnknown(db, store, options);
  let [blobs, bytes, after] = [0, 0, ""];
  for (;;) {
    options.signal.throwIfAborted();
    const { rows } = await sql<{ digest: string }>`
      select digest from registry.blobs blob where digest > ${after} and ${isUnneeded()}
      order by digest limit ${BATCH}`.execute(db);
    for (const { digest } of rows) {
      const size = await removeBlob(db, store, digest, options.signal);
      if (size === undefined) continue;
      blobs += 1;
      bytes += size;
    }
    const last = rows.at(-1);
    if (!last) return { blobs, bytes };
    after = last.digest;
  }
}

function isUnneeded() {
  return sql<boolean>`
    not exists (select from registry.blob_links link where link.digest = blob.digest)
    and not exists (select from registry.uploads upload where upload.digest = blob.digest)`;
}

/**
 * The bytes go while the row is locked: an upload that becomes the same blob waits for it in `claim`, and sends its
 * bytes to the store afterwards. When this process dies in between, the row is still there, and nobody has the blob.
 *
 * @returns its bytes; undefined when it is needed after all
 */
async function removeBlob(
  db: Query,
  store: BlobStore,
  digest: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  return await inTransaction(db, async (tx) => {
    const locked = await sql<{ size: string | null }>`
      select size from registry.blobs where digest = ${digest} for update skip locked`.execute(tx);
    const [row] = locked.rows;
    if (!row) return undefined;
    // A statement of its own: it sees those who came before the lock.
    const { rows } = await sql`select from registry.blobs blob where digest = ${digest} and ${isUnneeded()}`.execute(
      tx,
    );
    if (rows.length === 0) return undefined;
    await store.remove(digest, signal);
    await sql`delete from registry.blobs where digest = ${digest}`.execute(tx);
    return Number(row.size ?? 0);
  });
}

/**
 * Blobs in the store that the database knows nothing of, such as one that was restored from an older backup: they get
 * the row that others have from the start, and are then no special case.
 */
async function adoptUnknown(db: Query, store: BlobStore, options: CollectBlobsOptions): Promise<void> {
  const before = Date.now() - options.orphanAgeMs;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await sql`
      insert into registry.blobs (digest) select unnest(${batch}::text[]) on conflict do nothing`.execute(db);
    batch = [];
  };
  for await (const { digest, modifiedAt } of store.blobs(options.signal)) {
    if (modifiedAt.getTime() > before) continue;
    batch.push(digest);
    if (batch.length === BATCH) await flush();
  }
  await flush();
}
