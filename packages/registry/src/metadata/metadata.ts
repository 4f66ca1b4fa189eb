import type { Kysely } from "kysely";
import { GrantStore } from "./grant-store.ts";
import { ImageStore } from "./image-store.ts";
import { LinkStore } from "./link-store.ts";
import { ManifestStore } from "./manifest-store.ts";
import { ReferrerStore } from "./referrer-store.ts";
import { RepositoryStore } from "./repository-store.ts";
import type { Query } from "./tables.ts";
import { TagStore } from "./tag-store.ts";
import { UploadStore } from "./upload-store.ts";

/** What the registry knows, by aggregate. */
export interface Metadata {
  readonly db: Query;
  readonly repositories: RepositoryStore;
  readonly links: LinkStore;
  readonly uploads: UploadStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly referrers: ReferrerStore;
  readonly grants: GrantStore;
  readonly images: ImageStore;
}

/**
 * The stores on a migrated database, which may hold tables of others, too.
 *
 * @param keepMs how long what a client was told to be here is kept for it, though nothing refers to it yet
 */
export function createMetadata<Tables>(database: Kysely<Tables>, keepMs: number): Metadata {
  const db = database as unknown as Query; // the registry's tables are there, whatever else is
  const repositories = new RepositoryStore(db);
  const tags = new TagStore(db, keepMs);
  return {
    db,
    repositories,
    links: new LinkStore(db, keepMs),
    uploads: new UploadStore(db, keepMs),
    manifests: new ManifestStore(db, keepMs),
    tags,
    referrers: new ReferrerStore(db),
    grants: new GrantStore(db),
    images: new ImageStore(db, { repositories, tags }),
  };
}
