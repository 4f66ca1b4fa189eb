import type { ColumnType, Generated, Kysely } from "kysely";

/** The tables as the migrations make them, for kysely. How `bigint` arrives depends on the caller's driver. */
export interface RegistryTables {
  "registry.repositories": RepositoriesTable;
  "registry.blobs": BlobsTable;
  "registry.blob_links": BlobLinksTable;
  "registry.uploads": UploadsTable;
  "registry.manifests": ManifestsTable;
  "registry.manifest_blobs": ManifestBlobsTable;
  "registry.manifest_children": ManifestChildrenTable;
  "registry.tags": TagsTable;
  "registry.token_keys": TokenKeysTable;
}

/** What the stores read and write with: the pool itself, or a transaction on it. */
export type Query = Kysely<RegistryTables>;

/** A `bigint` as pg gives it, or as a program has told pg to give it: always through `Number(…)`. */
export type Int8 = string | bigint | number;
type Int8Column = ColumnType<Int8, number, number>;

interface RepositoriesTable {
  id: ColumnType<Int8, never, never>;
  name: string;
  created_at: Generated<Date>;
  keep_ms: ColumnType<Int8 | null, number | null | undefined, number | null>;
  keep_newest: number | null;
}

interface BlobsTable {
  digest: string;
  size: ColumnType<Int8 | null, number | null, number>;
}

interface BlobLinksTable {
  repository_id: Int8;
  digest: string;
  linked_at: Generated<Date>;
  kept_until: Date;
}

interface UploadsTable {
  id: string;
  repository_id: Int8;
  caller: string;
  created_at: Generated<Date>;
  touched_at: Generated<Date>;
  digest: string | null;
  ended_at: Date | null;
}

interface ManifestsTable {
  repository_id: Int8;
  digest: string;
  media_type: string;
  artifact_type: string | null;
  subject: string | null;
  annotations: string | null;
  content: Buffer;
  image_size: Int8Column;
  pushed_at: Generated<Date>;
  pulled_at: Date | null;
  kept_until: Date;
}

interface ManifestBlobsTable {
  repository_id: Int8;
  manifest: string;
  blob: string;
}

interface ManifestChildrenTable {
  repository_id: Int8;
  parent: string;
  child: string;
}

interface TagsTable {
  repository_id: Int8;
  name: string;
  digest: string;
  pushed_at: Generated<Date>;
  expires_at: Date | null;
}

interface TokenKeysTable {
  id: number;
  private_jwk: string;
  created_at: Generated<Date>;
}
