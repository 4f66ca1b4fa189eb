import { sql } from "kysely";
import { imagePageInvalid } from "../problems.ts";
import type { RepositoryStore } from "./repository-store.ts";
import type { Query } from "./tables.ts";
import type { TagStore } from "./tag-store.ts";
import { inTransaction } from "./transaction.ts";

/** A tag with what it names. */
export interface Image {
  readonly tag: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly pushedAt: Date;
  /** To within a minute; undefined when nobody has. Clients look a tag up, then pull its digest: other tags count, too. */
  readonly pulledAt: Date | undefined;
  /** Undefined: it stays. */
  readonly expiresAt: Date | undefined;
  /** Of everything that a pull of all platforms brings, each blob counted once. */
  readonly sizeBytes: number;
}

/** A page of images. */
export interface ImagePage {
  readonly images: readonly Image[];
  /** Asks for the page that follows; undefined on the last one. */
  readonly nextPageToken: string | undefined;
}

/** How long the tags of a repository stay: by the age of the push, or the newest so many. */
export type Retention =
  | { readonly kind: "forever" }
  | { readonly kind: "age"; readonly ms: number }
  | { readonly kind: "newest"; readonly count: number };

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
/** Tags that clients make to keep referrers, where they think that the registry cannot. They are nobody's images. */
export const REFERRERS_TAG = "^(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})$";

/** Images as people see them: by tag, newest first; and how long they stay. */
export class ImageStore {
  readonly #db: Query;
  readonly #repositories: RepositoryStore;
  readonly #tags: TagStore;

  constructor(db: Query, stores: { readonly repositories: RepositoryStore; readonly tags: TagStore }) {
    this.#db = db;
    this.#repositories = stores.repositories;
    this.#tags = stores.tags;
  }

  /**
   * Images of a repository, newest first; none of one that does not exist.
   *
   * @throws {Problem} `page_token_invalid`
   */
  async list(
    repository: string,
    options: { readonly pageSize?: number | undefined; readonly pageToken?: string | undefined } = {},
  ): Promise<ImagePage> {
    const limit = Math.min(Math.max(1, options.pageSize ?? DEFAULT_PAGE), MAX_PAGE);
    const after = options.pageToken ? parsePageToken(options.pageToken) : undefined;
    const { rows } = await sql<ImageRow>`
      select tag.name, tag.digest, tag.pushed_at, manifest.pulled_at, tag.expires_at, manifest.media_type,
        manifest.artifact_type, manifest.image_size, (extract(epoch from tag.pushed_at) * 1000000)::bigint::text as micros
      from registry.tags tag
      join registry.repositories repository on repository.id = tag.repository_id
      join registry.manifests manifest on manifest.repository_id = tag.repository_id and manifest.digest = tag.digest
      where repository.name = ${repository} and (tag.expires_at is null or tag.expires_at > now())
        and tag.name !~ ${REFERRERS_TAG}
        and (${after?.micros ?? null}::bigint is null
          or ((extract(epoch from tag.pushed_at) * 1000000)::bigint, tag.name)
            < (${after?.micros ?? null}::bigint, ${after?.tag ?? ""}))
      order by tag.pushed_at desc, tag.name desc limit ${limit + 1}`.execute(this.#db);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { images: page.map(toImage), nextPageToken: last && formatPageToken(last) };
  }

  /** Removes tags; returns those that were there. What only they named is collected later. */
  async deleteTags(repository: string, tags: readonly string[]): Promise<readonly string[]> {
    return await this.#tags.remove(repository, tags);
  }

  /** When a tag is to go; undefined: never. It overrides the repository's retention until the tag is pushed again. */
  async expireTag(repository: string, tag: string, at: Date | undefined): Promise<boolean> {
    return await this.#tags.expire(repository, tag, at);
  }

  /** For the tags that are there and for those to come. A repository that does not exist yet is made. */
  async setRetention(repository: string, retention: Retention): Promise<void> {
    const id = await this.#repositories.ensure(repository);
    await inTransaction(this.#db, async (tx) => {
      await tx
        .updateTable("registry.repositories")
        .set({
          keep_ms: retention.kind === "age" ? retention.ms : null,
          keep_newest: retention.kind === "newest" ? retention.count : null,
        })
        .where("id", "=", id)
        .execute();
      await sql`
        update registry.tags tag set expires_at = tag.pushed_at + repository.keep_ms * interval '1 millisecond'
        from registry.repositories repository
        where repository.id = ${id} and tag.repository_id = repository.id`.execute(tx);
      await expireBeyondNewest(tx, id);
    });
  }

  /** How long tags stay; forever in a repository that does not exist. */
  async retention(repository: string): Promise<Retention> {
    const row = await this.#db
      .selectFrom("registry.repositories")
      .select(["keep_ms", "keep_newest"])
      .where("name", "=", repository)
      .executeTakeFirst();
    if (row?.keep_ms != null) return { kind: "age", ms: Number(row.keep_ms) };
    if (row?.keep_newest != null) return { kind: "newest", count: row.keep_newest };
    return { kind: "forever" };
  }

  /** Names of repositories in the order of their bytes. */
  async repositories(options: {
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly string[]> {
    return await this.#repositories.list(options);
  }

  /** Removes a repository with everything in it. Its blobs go with the next collection, unless others have them. */
  async removeRepository(repository: string): Promise<boolean> {
    return await inTransaction(this.#db, async (tx) => {
      const { rows } = await sql<{ id: string }>`
        select id from registry.repositories where name = ${repository} for update`.execute(tx);
      const [row] = rows;
      if (!row) return false;
      for (const table of ["tags", "manifest_children", "manifests", "blob_links", "uploads"])
        await sql`delete from registry.${sql.raw(table)} where repository_id = ${row.id}`.execute(tx);
      await sql`delete from registry.repositories where id = ${row.id}`.execute(tx);
      return true;
    });
  }
}

/** Where only the newest tags are kept, the others expire now. In one repository, or in all. */
export async function expireBeyondNewest(db: Query, repositoryId?: number): Promise<void> {
  await sql`
    update registry.tags tag set expires_at = now() from (
      select tag.repository_id, tag.name, repository.keep_newest,
        row_number() over (partition by tag.repository_id order by tag.pushed_at desc, tag.name desc) as position
      from registry.tags tag join registry.repositories repository on repository.id = tag.repository_id
      where repository.keep_newest is not null and (tag.expires_at is null or tag.expires_at > now())
        and (${repositoryId ?? null}::bigint is null or repository.id = ${repositoryId ?? null})
        and tag.name !~ ${REFERRERS_TAG}
    ) ranked
    where ranked.position > ranked.keep_newest
      and tag.repository_id = ranked.repository_id and tag.name = ranked.name`.execute(db);
}

interface ImageRow {
  readonly name: string;
  readonly digest: string;
  readonly pushed_at: Date;
  readonly pulled_at: Date | null;
  readonly expires_at: Date | null;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly image_size: string | bigint;
  readonly micros: string;
}

function toImage(row: ImageRow): Image {
  return {
    tag: row.name,
    digest: row.digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type ?? undefined,
    pushedAt: row.pushed_at,
    pulledAt: row.pulled_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    sizeBytes: Number(row.image_size),
  };
}

function formatPageToken({ micros, name }: ImageRow): string {
  return Buffer.from(`${micros} ${name}`).toString("base64url");
}

function parsePageToken(token: string): { readonly micros: string; readonly tag: string } {
  const text = Buffer.from(token, "base64url").toString();
  const [, micros, tag] = /^(\d{1,18}) ([\w.-]{1,128})$/.exec(text) ?? [];
  if (micros === undefined || tag === undefined) throw imagePageInvalid();
  return { micros, tag };
}
