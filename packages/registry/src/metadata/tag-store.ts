import { sql } from "kysely";
import type { Query } from "./tables.ts";
import { fromNow, inTransaction } from "./transaction.ts";

/** Which tags are wanted. */
export interface TagPage {
  /** Those after this one. */
  readonly after?: string | undefined;
  /** Only these, and only while they name these digests. */
  readonly only?: ReadonlyArray<{ readonly tag: string; readonly digest: string }> | undefined;
  readonly limit: number;
}

/** Names of tags. One that has expired is gone, whether or not it was collected yet. */
export class TagStore {
  readonly #db: Query;
  readonly #keepMs: number;

  constructor(db: Query, keepMs: number) {
    this.#db = db;
    this.#keepMs = keepMs;
  }

  /** In the order of their bytes, at most `limit` after `after`. */
  async list(repositoryId: number, options: TagPage): Promise<string[]> {
    const { after = "", only, limit } = options;
    const isListed = only
      ? sql`(name, digest) in (select * from unnest(
          ${only.map(({ tag }) => tag)}::text[], ${only.map(({ digest }) => digest)}::text[]))`
      : sql`true`;
    const { rows } = await sql<{ name: string }>`
      select name from registry.tags
      where repository_id = ${repositoryId} and name > ${after}
        and (expires_at is null or expires_at > now()) and ${isListed}
      order by name limit ${limit}`.execute(this.#db);
    return rows.map(({ name }) => name);
  }

  /** Removes tags; returns those that were there. What they named stays a while for those who are just pulling it. */
  async remove(repository: string, names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    return await inTransaction(this.#db, async (tx) => {
      const { rows } = await sql<{ repository_id: string; name: string; digest: string }>`
        delete from registry.tags tag using registry.repositories repository
        where repository.id = tag.repository_id and repository.name = ${repository} and tag.name = any(${names})
          and (tag.expires_at is null or tag.expires_at > now())
        returning tag.repository_id, tag.name, tag.digest`.execute(tx);
      const [row] = rows;
      if (!row) return [];
      await sql`
        update registry.manifests set kept_until = greatest(kept_until, ${fromNow(this.#keepMs)})
        where repository_id = ${row.repository_id} and digest = any(${rows.map(({ digest }) => digest)})`.execute(tx);
      return rows.map(({ name }) => name);
    });
  }

  /** When the tag is to go; undefined: never. False when there is no such tag. */
  async expire(repository: string, name: string, at: Date | undefined): Promise<boolean> {
    const { rows } = await sql`
      update registry.tags tag set expires_at = ${at ?? null} from registry.repositories repository
      where repository.id = tag.repository_id and repository.name = ${repository} and tag.name = ${name}
        and (tag.expires_at is null or tag.expires_at > now())
      returning 1`.execute(this.#db);
    return rows.length > 0;
  }
}
