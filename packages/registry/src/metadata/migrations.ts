/** One step forward of the registry's schema. Once released, neither name nor text is ever changed. */
export interface RegistryMigration {
  /** Unique and in the order in which they are to be run: `0001-…`. */
  readonly name: string;
  readonly sql: string;
}

const FOUNDATION = `
create schema registry;

create table registry.repositories (
  id bigint generated always as identity primary key,
  name text collate "C" not null unique,
  created_at timestamptz not null default now(),
  -- How long its tags stay: milliseconds after the push, or the newest ones only. Both null: for ever.
  keep_ms bigint check (keep_ms > 0),
  keep_newest integer check (keep_newest > 0),
  check (keep_ms is null or keep_newest is null)
);

-- What the blob store may hold. The row is there before the bytes are and goes after them, so whoever has the row
-- locked for update, and finds neither a link nor an upload that is about to become this blob, may remove the bytes.
create table registry.blobs (
  digest text collate "C" primary key,
  -- Null until its bytes arrive for the first time.
  size bigint check (size >= 0)
);

-- Which repositories have it. Nobody learns of a blob but through a link. A manifest's blobs cannot be unlinked, and a
-- linked blob cannot be removed: the foreign keys see to it, whatever the code above does.
create table registry.blob_links (
  repository_id bigint not null references registry.repositories,
  digest text collate "C" not null references registry.blobs,
  linked_at timestamptz not null default now(),
  -- Until then it was promised to somebody who pushes.
  kept_until timestamptz not null,
  primary key (repository_id, digest)
);
create index blob_links_digest on registry.blob_links (digest);

create table registry.uploads (
  id text collate "C" primary key,
  repository_id bigint not null references registry.repositories,
  caller text not null,
  created_at timestamptz not null default now(),
  touched_at timestamptz not null default now(),
  -- The blob that it is becoming: its bytes are not removed meanwhile.
  digest text collate "C" references registry.blobs,
  -- It stays a while after its end: what was promised when it began is kept for the push that it is a part of.
  ended_at timestamptz,
  check (ended_at is null or digest is null)
);
create index uploads_repository on registry.uploads (repository_id);
create index uploads_caller on registry.uploads (caller) where ended_at is null;
create index uploads_digest on registry.uploads (digest) where digest is not null;

create table registry.manifests (
  repository_id bigint not null references registry.repositories,
  digest text collate "C" not null,
  media_type text not null,
  artifact_type text,
  -- May name a manifest that is not there.
  subject text collate "C",
  -- JSON as text: jsonb cannot hold all of it.
  annotations text,
  content bytea not null,
  -- Bytes of everything that it stands for, children included, each counted once.
  image_size bigint not null,
  pushed_at timestamptz not null default now(),
  pulled_at timestamptz,
  kept_until timestamptz not null,
  primary key (repository_id, digest)
);
create index manifests_subject on registry.manifests (repository_id, subject, digest) where subject is not null;

create table registry.manifest_blobs (
  repository_id bigint not null,
  manifest text collate "C" not null,
  blob text collate "C" not null,
  primary key (repository_id, manifest, blob),
  foreign key (repository_id, manifest) references registry.manifests on delete cascade,
  foreign key (repository_id, blob) references registry.blob_links
);
create index manifest_blobs_blob on registry.manifest_blobs (repository_id, blob);

create table registry.manifest_children (
  repository_id bigint not null,
  parent text collate "C" not null,
  child text collate "C" not null,
  primary key (repository_id, parent, child),
  foreign key (repository_id, parent) references registry.manifests on delete cascade,
  foreign key (repository_id, child) references registry.manifests
);
create index manifest_children_child on registry.manifest_children (repository_id, child);

create table registry.tags (
  repository_id bigint not null,
  name text collate "C" not null,
  digest text collate "C" not null,
  pushed_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (repository_id, name),
  foreign key (repository_id, digest) references registry.manifests
);
create index tags_digest on registry.tags (repository_id, digest);
create index tags_expiring on registry.tags (expires_at) where expires_at is not null;
create index tags_pushed on registry.tags (repository_id, pushed_at desc, name);

-- The one key that tokens are signed with. Whoever reads it may make tokens: guard the database accordingly.
create table registry.token_keys (
  id integer primary key check (id = 1),
  private_jwk text not null,
  created_at timestamptz not null default now()
);
`;

/** The tables of the registry, in a PostgreSQL schema of their own: `registry`. Run in order, each once. */
export const registryMigrations: readonly RegistryMigration[] = [{ name: "0001-foundation", sql: FOUNDATION }];
