import { sql } from "kysely";
import type { Query } from "./tables.ts";
import { fromNow, inTransaction } from "./transaction.ts";

/** Uploads that clients have begun; their bytes are in the blob store under the same ids. */
export class UploadStore {
  readonly #db: Query;
  readonly #keepMs: number;

  constructor(db: Query, keepMs: number) {
    this.#db = db;
    this.#keepMs = keepMs;
  }

  async create(upload: { readonly id: string; readonly repositoryId: number; readonly caller: string }): Promise<void> {
    const { id, repositoryId, caller } = upload;
    await this.#db.insertInto("registry.uploads").values({ id, repository_id: repositoryId, caller }).execute();
  }

  /** Uploads of the caller that have moved within `withinMs`. */
  async countActive(caller: string, withinMs: number): Promise<number> {
    const { rows } = await sql<{ count: string }>`
      select count(*) as count from registry.uploads
      where caller = ${caller} and ended_at is null and touched_at > ${fromNow(-withinMs)}`.execute(this.#db);
    return Number(rows[0]?.count);
  }

  /** Says that the upload moves. False when the repository has no such upload, or it has ended. */
  async touch(repository: string, id: string): Promise<boolean> {
    const { rows } = await sql`
      update registry.uploads upload set touched_at = now() from registry.repositories repository
      where upload.id = ${id} and upload.ended_at is null
        and repository.id = upload.repository_id and repository.name = ${repository}
      returning 1`.execute(this.#db);
    return rows.length > 0;
  }

  /**
   * Says which blob the upload is about to become. From here to {@link finish} its bytes are not removed, also when the
   * same blob was there before and is being collected right now: that is waited for.
   */
  async claim(repository: string, id: string, digest: string): Promise<boolean> {
    return await inTransaction(this.#db, async (tx) => {
      // Not "do nothing": the row may be locked by a collector that is about to delete it.
      await sql`
        insert into registry.blobs (digest) values (${digest})
        on conflict (digest) do update set size = registry.blobs.size`.execute(tx);
      const { rows } = await sql`
        update registry.uploads upload set digest = ${digest}, touched_at = now() from registry.repositories repository
        where upload.id = ${id} and upload.ended_at is null
          and repository.id = upload.repository_id and repository.name = ${repository}
        returning 1`.execute(tx);
      return rows.length > 0;
    });
  }

  /** Ends a claimed upload whose bytes have arrived, and links the blob. False when the claim no longer stands. */
  async finish(id: string, blob: { readonly digest: string; readonly size: number }): Promise<boolean> {
    const { digest, size } = blob;
    return await inTransaction(this.#db, async (tx) => {
      const { rows } = await sql<{ repository_id: string }>`
        update registry.uploads set ended_at = now(), digest = null
        where id = ${id} and digest = ${digest} and ended_at is null returning repository_id`.execute(tx);
      const [row] = rows;
      if (!row) return false;
      await sql`update registry.blobs set size = ${size} where digest = ${digest} and size is distinct from ${size}`.execute(
        tx,
      );
      await sql`
        insert into registry.blob_links (repository_id, digest, kept_until)
        values (${row.repository_id}, ${digest}, ${fromNow(this.#keepMs)})
        on conflict (repository_id, digest) do update
          set kept_until = greatest(registry.blob_links.kept_until, excluded.kept_until)`.execute(tx);
      return true;
    });
  }

  /** Ends an upload that becomes nothing. False when there is none. */
  async cancel(repository: string, id: string): Promise<boolean> {
    const { rows } = await sql`
      update registry.uploads upload set ended_at = now(), digest = null from registry.repositories repository
      where upload.id = ${id} and upload.ended_at is null
        and repository.id = upload.repository_id and repository.name = ${repository}
      returning 1`.execute(this.#db);
    return rows.length > 0;
  }
}
