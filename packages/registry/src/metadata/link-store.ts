import { sql } from "kysely";
import type { Query } from "./tables.ts";
import { fromNow, inTransaction, isForeignKeyViolation } from "./transaction.ts";

/** How a repository has a blob. */
export interface BlobLink {
  readonly repositoryId: number;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** Which blobs belong to which repositories. */
export class LinkStore {
  readonly #db: Query;
  readonly #keepMs: number;

  constructor(db: Query, keepMs: number) {
    this.#db = db;
    this.#keepMs = keepMs;
  }

  /** The blob, if this repository has it. */
  async find(repository: string, digest: string): Promise<BlobLink | undefined> {
    const row = await this.#db
      .selectFrom("registry.blob_links as link")
      .innerJoin("registry.repositories as repository", "repository.id", "link.repository_id")
      .innerJoin("registry.blobs as blob", "blob.digest", "link.digest")
      .select(["link.repository_id", "blob.size"])
      .where("repository.name", "=", repository)
      .where("link.digest", "=", digest)
      .executeTakeFirst();
    return row && { repositoryId: Number(row.repository_id), digest, size: Number(row.size) };
  }

  /**
   * The blob, with the promise that it stays for whoever pushes: he will not send it, since he was told that it is here.
   * Collecting may be under way; then it is either not found or kept.
   */
  async promise(repository: string, digest: string): Promise<BlobLink | undefined> {
    const link = await this.find(repository, digest);
    if (!link) return undefined;
    const { rows } = await sql`
      update registry.blob_links set kept_until = greatest(kept_until, ${fromNow(this.#keepMs)})
      where repository_id = ${link.repositoryId} and digest = ${digest} returning 1`.execute(this.#db);
    return rows.length > 0 ? link : undefined;
  }

  /** Gives `to` a blob that `from` has; false when `from` has it not, or no longer. */
  async mount(digest: string, repositories: { readonly from: string; readonly to: number }): Promise<boolean> {
    const { from, to } = repositories;
    try {
      const { rows } = await sql`
        insert into registry.blob_links (repository_id, digest, kept_until)
        select ${to}::bigint, link.digest, ${fromNow(this.#keepMs)}
        from registry.blob_links link join registry.repositories repository on repository.id = link.repository_id
        where repository.name = ${from} and link.digest = ${digest}
        on conflict (repository_id, digest) do update
          set kept_until = greatest(registry.blob_links.kept_until, excluded.kept_until)
        returning 1`.execute(this.#db);
      return rows.length > 0;
    } catch (error) {
      if (isForeignKeyViolation(error)) return false; // removed this very moment
      throw error;
    }
  }

  /** Names of repositories that have the blob, at most `limit`. */
  async holders(digest: string, limit: number): Promise<string[]> {
    const query = this.#db
      .selectFrom("registry.blob_links as link")
      .innerJoin("registry.repositories as repository", "repository.id", "link.repository_id")
      .select("repository.name")
      .where("link.digest", "=", digest)
      .orderBy("link.linked_at", "desc")
      .limit(limit);
    return (await query.execute()).map(({ name }) => name);
  }

  /** Takes the blob from the repository, unless one of its manifests needs it. */
  async unlink(repository: string, digest: string): Promise<"unlinked" | "unknown" | "in-use"> {
    return await inTransaction(this.#db, async (tx) => {
      const { rows } = await sql<{ repository_id: string }>`
        select link.repository_id from registry.blob_links link
        join registry.repositories repository on repository.id = link.repository_id
        where repository.name = ${repository} and link.digest = ${digest} for update of link`.execute(tx);
      const [row] = rows;
      if (!row) return "unknown";
      // A statement of its own: it sees the manifests that came while the lock was waited for.
      const deleted = await sql`
        delete from registry.blob_links link
        where link.repository_id = ${row.repository_id} and link.digest = ${digest} and not exists (
          select from registry.manifest_blobs used
          where used.repository_id = link.repository_id and used.blob = link.digest)
        returning 1`.execute(tx);
      return deleted.rows.length > 0 ? "unlinked" : "in-use";
    });
  }
}
