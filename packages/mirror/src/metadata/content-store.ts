import type { Digest } from "@opendepot/oci";
import type { Query } from "./tables.ts";

/** A repository of an upstream, as a scope sees it. */
export interface Place {
  /** That of the upstream's login. */
  readonly scope: string;
  readonly host: string;
  readonly repository: string;
}

/** What a tag meant when it was looked at last. */
export interface KnownTag {
  readonly scope: string;
  readonly digest: Digest;
  readonly etag: string | undefined;
  readonly checkedAt: Date;
}

/** One piece of content that comes to a place. */
export interface Linked {
  readonly digest: Digest;
  /** Undefined for blobs. */
  readonly mediaType: string | undefined;
}

/** An image that was imported by hand. */
export interface ImportedImage {
  readonly name: string;
  readonly contents: number;
}

/** Who may see which content of which repository, and what tags mean there. */
export class ContentStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** Whether content may be seen at a place, and as what; content that needed no login may be seen by all. */
  async find({ scope, host, repository }: Place, digest: Digest): Promise<Linked | undefined> {
    const row = await this.#db
      .selectFrom("mirror.contents")
      .select("media_type")
      .where("scope", "in", ["", scope])
      .where("host", "=", host)
      .where("repository", "=", repository)
      .where("digest", "=", digest)
      .orderBy("media_type") // nulls last: a manifest is one, though somebody asked for it as a blob, too
      .executeTakeFirst();
    return row && { digest, mediaType: row.media_type ?? undefined };
  }

  /** Whether content was to be had without any login, wherever. */
  async isPublic(digest: Digest): Promise<boolean> {
    const query = this.#db.selectFrom("mirror.contents").select("digest").where("digest", "=", digest);
    return (await query.where("scope", "=", "").limit(1).executeTakeFirst()) !== undefined;
  }

  async link(place: Place, linked: Linked): Promise<void> {
    await link(this.#db, place, linked);
  }

  /** The tag as it was seen last with this scope's login, or without one. */
  async findTag({ scope, host, repository }: Place, tag: string): Promise<KnownTag | undefined> {
    const row = await this.#db
      .selectFrom("mirror.tags")
      .select(["scope", "digest", "etag", "checked_at"])
      .where("scope", "in", ["", scope])
      .where("host", "=", host)
      .where("repository", "=", repository)
      .where("tag", "=", tag)
      .orderBy("checked_at", "desc")
      .executeTakeFirst();
    return (
      row && {
        scope: row.scope,
        digest: row.digest as Digest, // was checked when it came in
        etag: row.etag ?? undefined,
        checkedAt: row.checked_at,
      }
    );
  }

  async putTag(
    { scope, host, repository }: Place,
    { tag, digest, etag, checkedAt }: Omit<KnownTag, "scope"> & { readonly tag: string },
  ): Promise<void> {
    const values = { digest, etag: etag ?? null, checked_at: checkedAt };
    await this.#db
      .insertInto("mirror.tags")
      .values({ scope, host, repository, tag, ...values })
      .onConflict((conflict) => conflict.columns(["scope", "host", "repository", "tag"]).doUpdateSet(values))
      .execute();
  }

  /** The upstream no longer has it, or no longer shows it with this login. */
  async removeTag({ scope, host, repository }: Place, tag: string): Promise<void> {
    await this.#db
      .deleteFrom("mirror.tags")
      .where("scope", "=", scope)
      .where("host", "=", host)
      .where("repository", "=", repository)
      .where("tag", "=", tag)
      .execute();
  }

  /** What is no longer kept has to be shown again by its upstream before it is seen. */
  async forgetContents(digests: readonly Digest[]): Promise<void> {
    await this.#db.deleteFrom("mirror.contents").where("digest", "in", digests).execute();
  }

  /** Tidies up after a changed entry, in whose scopes nobody looks any more. What comes late is left until evicted. */
  async forgetScopesOf(owner: string, host: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const table of ["mirror.contents", "mirror.tags"] as const) {
        const query = tx.deleteFrom(table).where("host", "=", host);
        await query.where((where) => where.fn<boolean>("starts_with", ["scope", where.val(`${owner}/`)])).execute();
      }
    });
  }

  /** What was imported, for everybody; an earlier import of the same name is replaced. The first content is the root. */
  async putImported(
    { host, repository }: Omit<Place, "scope">,
    imported: { readonly name: string; readonly tag: string | undefined; readonly contents: readonly Linked[] },
  ): Promise<void> {
    const { name, tag, contents } = imported;
    const place = { scope: "", host, repository };
    await this.#db.transaction().execute(async (tx) => {
      await tx.deleteFrom("mirror.imported").where("name", "=", name).execute();
      for (const linked of contents) {
        await link(tx, place, linked);
        await tx.insertInto("mirror.imported").values({ name, digest: linked.digest }).execute();
      }
      const [root] = contents;
      if (tag === undefined || !root) return;
      const known = { tag, digest: root.digest, etag: undefined, checkedAt: new Date(0) };
      await new ContentStore(tx).putTag(place, known);
    });
  }

  /** Lets what was imported under a name go when its time comes. False if there is none. */
  async forgetImported(name: string): Promise<boolean> {
    const query = this.#db.deleteFrom("mirror.imported").where("name", "=", name);
    return (await query.executeTakeFirst()).numDeletedRows > 0n;
  }

  async listImported(): Promise<ImportedImage[]> {
    const rows = await this.#db
      .selectFrom("mirror.imported")
      .select(({ fn }) => ["name", fn.countAll<string | number | bigint>().as("contents")])
      .groupBy("name")
      .orderBy("name")
      .execute();
    return rows.map(({ name, contents }) => ({ name, contents: Number(contents) }));
  }

  /** Digests that must stay. */
  async listKept(): Promise<Digest[]> {
    const rows = await this.#db.selectFrom("mirror.imported").select("digest").distinct().execute();
    return rows.map(({ digest }) => digest as Digest); // was checked when it came in
  }
}

async function link(db: Query, { scope, host, repository }: Place, { digest, mediaType }: Linked): Promise<void> {
  const insert = db
    .insertInto("mirror.contents")
    .values({ scope, host, repository, digest, media_type: mediaType ?? null });
  await insert
    .onConflict((conflict) => {
      const same = conflict.columns(["scope", "host", "repository", "digest"]);
      return mediaType === undefined ? same.doNothing() : same.doUpdateSet({ media_type: mediaType });
    })
    .execute();
}
