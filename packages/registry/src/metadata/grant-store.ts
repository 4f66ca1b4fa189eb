import { type RawBuilder, sql } from "kysely";
import type { Query } from "./tables.ts";

/**
 * What belongs to some images of a repository: they themselves, what they list, what refers to any of these as its
 * subject (signatures, bills of materials), and the blobs of all. One query each, from the images down: a blob that
 * thousands share costs no more than another.
 */
export class GrantStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async reachesManifest(repository: string, images: readonly string[], digest: string): Promise<boolean> {
    if (images.length === 0) return false;
    const { rows } = await sql`
      ${reached(repository, images)}
      select 1 from reached where digest = ${digest} limit 1`.execute(this.#db);
    return rows.length > 0;
  }

  async reachesBlob(repository: string, images: readonly string[], digest: string): Promise<boolean> {
    if (images.length === 0) return false;
    const { rows } = await sql`
      ${reached(repository, images)}
      select 1 from reached join registry.manifest_blobs used
        on used.repository_id = reached.repository_id and used.manifest = reached.digest
      where used.blob = ${digest} limit 1`.execute(this.#db);
    return rows.length > 0;
  }
}

/** Digests are those of one repository: the same manifest in another one lists and is referred to by others. */
function reached(repository: string, images: readonly string[]): RawBuilder<unknown> {
  return sql`
    with recursive reached (repository_id, digest) as (
      select repository.id, image.digest collate "C"
      from registry.repositories repository, unnest(${images}::text[]) as image (digest)
      where repository.name = ${repository}
      union
      select reached.repository_id, more.digest from reached cross join lateral (
        select edge.child as digest from registry.manifest_children edge
        where edge.repository_id = reached.repository_id and edge.parent = reached.digest
        union all
        select referrer.digest from registry.manifests referrer
        where referrer.repository_id = reached.repository_id and referrer.subject = reached.digest
      ) more
    )`;
}
