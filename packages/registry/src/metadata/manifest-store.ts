import { sql } from "kysely";
import { manifestBlobUnknown, manifestInvalid } from "../problems.ts";
import type { Query } from "./tables.ts";
import { fromNow, inTransaction, isForeignKeyViolation } from "./transaction.ts";

/** A manifest as it is handed out. */
export interface StoredManifest {
  readonly repositoryId: number;
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** What a manifest says of something that it refers to. */
export interface Referred {
  readonly digest: string;
  readonly size: number;
}

/** A manifest that was read and is to be stored. */
export interface NewManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly subject: string | undefined;
  /** As JSON. */
  readonly annotations: string | undefined;
  readonly content: Uint8Array;
  /** Blobs that have to be here. */
  readonly blobs: readonly Referred[];
  /** Manifests that have to be here. */
  readonly children: readonly Referred[];
}

/**
 * Manifests with what they refer to. Their bytes are kept in PostgreSQL: a push is acknowledged by one transaction,
 * which either has the manifest with its tag and references or leaves nothing, and none of them is ever an orphan.
 */
export class ManifestStore {
  readonly #db: Query;
  readonly #keepMs: number;

  constructor(db: Query, keepMs: number) {
    this.#db = db;
    this.#keepMs = keepMs;
  }

  async findByDigest(repository: string, digest: string): Promise<StoredManifest | undefined> {
    const row = await this.#found(repository).where("manifest.digest", "=", digest).executeTakeFirst();
    return row && toStored(row);
  }

  /** The manifest that the tag names now. */
  async findByTag(repository: string, tag: string): Promise<StoredManifest | undefined> {
    const row = await this.#found(repository)
      .innerJoin("registry.tags as tag", (join) =>
        join.onRef("tag.repository_id", "=", "manifest.repository_id").onRef("tag.digest", "=", "manifest.digest"),
      )
      .where("tag.name", "=", tag)
      .where(({ or, eb }) => or([eb("tag.expires_at", "is", null), eb("tag.expires_at", ">", sql<Date>`now()`)]))
      .executeTakeFirst();
    return row && toStored(row);
  }

  /** Keeps the manifest for whoever pushes and was told that it is here. False when it was collected meanwhile. */
  async promise(manifest: StoredManifest): Promise<boolean> {
    const { rows } = await sql`
      update registry.manifests set kept_until = greatest(kept_until, ${fromNow(this.#keepMs)})
      where repository_id = ${manifest.repositoryId} and digest = ${manifest.digest} returning 1`.execute(this.#db);
    return rows.length > 0;
  }

  /** Remembers that somebody pulled, to the minute. */
  async markPulled({ repositoryId, digest }: StoredManifest): Promise<void> {
    await sql`
      update registry.manifests set pulled_at = now()
      where repository_id = ${repositoryId} and digest = ${digest}
        and (pulled_at is null or pulled_at < ${fromNow(-60_000)})`.execute(this.#db);
  }

  /**
   * Stores the manifest, and tags it. What it refers to has to be in the repository and stays there from now on.
   *
   * @throws {Problem} `manifest_blob_unknown`, `manifest_invalid` for a wrong size
   */
  async put(repositoryId: number, manifest: NewManifest, tags: readonly string[]): Promise<void> {
    try {
      await inTransaction(this.#db, async (tx) => {
        const blobBytes = await this.#checkBlobs(tx, repositoryId, manifest.blobs);
        const children = await this.#checkChildren(tx, repositoryId, manifest.children);
        await this.#insert(tx, repositoryId, manifest, blobBytes);
        await insertReferences(tx, repositoryId, manifest);
        if (children) await this.#sumUp(tx, repositoryId, manifest.digest);
        for (const tag of [...tags].sort()) await this.#tag(tx, repositoryId, tag, manifest.digest);
      });
    } catch (error) {
      if (isForeignKeyViolation(error)) throw manifestBlobUnknown(manifest.blobs[0]?.digest ?? manifest.digest);
      throw error;
    }
  }

  /** Removes a manifest with its tags. An index that lists it stays, and has a gap. */
  async remove(repository: string, digest: string): Promise<boolean> {
    return await inTransaction(this.#db, async (tx) => {
      const { rows } = await sql<{ repository_id: string }>`
        select manifest.repository_id from registry.manifests manifest
        join registry.repositories repository on repository.id = manifest.repository_id
        where repository.name = ${repository} and manifest.digest = ${digest} for update of manifest`.execute(tx);
      const [row] = rows;
      if (!row) return false;
      const id = row.repository_id;
      await sql`delete from registry.tags where repository_id = ${id} and digest = ${digest}`.execute(tx);
      await sql`delete from registry.manifest_children where repository_id = ${id} and child = ${digest}`.execute(tx);
      await sql`delete from registry.manifests where repository_id = ${id} and digest = ${digest}`.execute(tx);
      return true;
    });
  }

  #found(repository: string) {
    return this.#db
      .selectFrom("registry.manifests as manifest")
      .innerJoin("registry.repositories as repository", "repository.id", "manifest.repository_id")
      .select(["manifest.repository_id", "manifest.digest", "manifest.media_type", "manifest.content"])
      .where("repository.name", "=", repository);
  }

  /** Locks the links against collecting and returns the bytes behind them. */
  async #checkBlobs(tx: Query, repositoryId: number, blobs: readonly Referred[]): Promise<number> {
    if (blobs.length === 0) return 0;
    const { rows } = await sql<{ digest: string; size: string }>`
      select link.digest, blob.size from registry.blob_links link join registry.blobs blob on blob.digest = link.digest
      where link.repository_id = ${repositoryId} and link.digest = any(${blobs.map(({ digest }) => digest)})
      order by link.digest for key share of link`.execute(tx);
    const sizes = checkSizes(blobs, new Map(rows.map(({ digest, size }) => [digest, Number(size)])));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async #checkChildren(tx: Query, repositoryId: number, children: readonly Referred[]): Promise<boolean> {
    if (children.length === 0) return false;
    const { rows } = await sql<{ digest: string; size: number }>`
      select digest, octet_length(content) as size from registry.manifests
      where repository_id = ${repositoryId} and digest = any(${children.map(({ digest }) => digest)})
      order by digest for key share`.execute(tx);
    checkSizes(children, new Map(rows.map(({ digest, size }) => [digest, size])));
    return true;
  }

  async #insert(tx: Query, repositoryId: number, manifest: NewManifest, blobBytes: number): Promise<void> {
    const { digest, mediaType, artifactType, subject, annotations, content } = manifest;
    const size = content.byteLength + blobBytes;
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const { rows } = await sql<{ media_type: string }>`
      insert into registry.manifests
        (repository_id, digest, media_type, artifact_type, subject, annotations, content, image_size, kept_until)
      values (${repositoryId}, ${digest}, ${mediaType}, ${artifactType ?? null}, ${subject ?? null},
        ${annotations ?? null}, ${bytes}, ${size}, ${fromNow(this.#keepMs)})
      on conflict (repository_id, digest) do update set
        kept_until = greatest(registry.manifests.kept_until, excluded.kept_until), pushed_at = now()
      returning media_type`.execute(tx);
    // The same bytes under two types would be two things to two readers.
    const known = rows[0]?.media_type;
    if (known !== mediaType) throw manifestInvalid(`it is here as ${known} already`);
  }

  /** Children share blobs: each counts once. */
  async #sumUp(tx: Query, repositoryId: number, digest: string): Promise<void> {
    await sql`
      with recursive tree (digest) as (
        select ${digest}::text collate "C"
        union
        select edge.child from tree join registry.manifest_children edge
          on edge.repository_id = ${repositoryId} and edge.parent = tree.digest
      )
      update registry.manifests set image_size = (
        select sum(octet_length(manifest.content)) from tree
        join registry.manifests manifest on manifest.repository_id = ${repositoryId} and manifest.digest = tree.digest
      ) + coalesce((
        select sum(blob.size) from registry.blobs blob where blob.digest in (
          select used.blob from tree
          join registry.manifest_blobs used on used.repository_id = ${repositoryId} and used.manifest = tree.digest)
      ), 0)
      where repository_id = ${repositoryId} and digest = ${digest}`.execute(tx);
  }

  /** Moves the tag; what it named before is kept for those who are just pulling it. */
  async #tag(tx: Query, repositoryId: number, name: string, digest: string): Promise<void> {
    await sql`
      update registry.manifests manifest set kept_until = greatest(manifest.kept_until, ${fromNow(this.#keepMs)})
      from registry.tags tag
      where tag.repository_id = ${repositoryId} and tag.name = ${name} and tag.digest <> ${digest}
        and manifest.repository_id = tag.repository_id and manifest.digest = tag.digest`.execute(tx);
    await sql`
      insert into registry.tags (repository_id, name, digest, expires_at)
      select id, ${name}, ${digest}, now() + keep_ms * interval '1 millisecond'
      from registry.repositories where id = ${repositoryId}
      on conflict (repository_id, name) do update set
        digest = excluded.digest, pushed_at = excluded.pushed_at, expires_at = excluded.expires_at`.execute(tx);
  }
}

interface FoundRow {
  readonly repository_id: string | bigint | number;
  readonly digest: string;
  readonly media_type: string;
  readonly content: Buffer;
}

function toStored(row: FoundRow): StoredManifest {
  return {
    repositoryId: Number(row.repository_id),
    digest: row.digest,
    mediaType: row.media_type,
    content: row.content,
  };
}

/** The sizes that are counted: those of what is here, each once. */
function checkSizes(referred: readonly Referred[], here: ReadonlyMap<string, number>): number[] {
  for (const { digest, size } of referred) {
    const actual = here.get(digest);
    if (actual === undefined) throw manifestBlobUnknown(digest);
    if (actual !== size) throw manifestInvalid(`it says that ${digest} has ${size} bytes, but it has ${actual}`);
  }
  return [...here.values()];
}

async function insertReferences(tx: Query, repositoryId: number, manifest: NewManifest): Promise<void> {
  const distinct = (all: readonly Referred[]): string[] => [...new Set(all.map(({ digest }) => digest))].sort();
  if (manifest.blobs.length > 0) {
    await sql`
      insert into registry.manifest_blobs (repository_id, manifest, blob)
      select ${repositoryId}::bigint, ${manifest.digest}, unnest(${distinct(manifest.blobs)}::text[])
      on conflict do nothing`.execute(tx);
  }
  if (manifest.children.length > 0) {
    await sql`
      insert into registry.manifest_children (repository_id, parent, child)
      select ${repositoryId}::bigint, ${manifest.digest}, unnest(${distinct(manifest.children)}::text[])
      on conflict do nothing`.execute(tx);
  }
}
