/** One step forward of the mirror's schema. Once released, neither name nor text is ever changed. */
export interface MirrorMigration {
  /** Unique and in the order in which they are to be run: `0001-…`. */
  readonly name: string;
  readonly sql: string;
}

const FOUNDATION = `
create schema mirror;

-- Registries that are mirrored beside the usual ones, and how they are reached and logged in at.
create table mirror.upstreams (
  host text collate "C" not null,
  -- Whose entry it is; empty: everybody's who has none of his own.
  organization text collate "C" not null default '',
  username text,
  -- As it is: whoever reads the database reads it.
  password text,
  allows_private boolean not null default false,
  is_plain_http boolean not null default false,
  token_host text,
  created_at timestamptz not null default now(),
  primary key (host, organization),
  check ((username is null) = (password is null))
);

-- What may be seen by whom. The scope says how it was fetched: empty without a login, '*' with the installation's, else
-- the organization whose login it was. The bytes are in the cache's folder once, whoever may see them.
create table mirror.contents (
  scope text collate "C" not null,
  host text collate "C" not null,
  repository text collate "C" not null,
  digest text collate "C" not null,
  -- Null for blobs.
  media_type text,
  linked_at timestamptz not null default now(),
  primary key (scope, host, repository, digest)
);
create index contents_digest on mirror.contents (digest);

-- What was imported by hand stays until its name is forgotten.
create table mirror.imported (
  name text collate "C" not null,
  digest text collate "C" not null,
  primary key (name, digest)
);

create table mirror.tags (
  scope text collate "C" not null,
  host text collate "C" not null,
  repository text collate "C" not null,
  tag text collate "C" not null,
  digest text collate "C" not null,
  etag text,
  -- When the upstream said so; the beginning of time for what was imported.
  checked_at timestamptz not null,
  primary key (scope, host, repository, tag)
);
`;

const LOGINS = `
-- Another one for every change of an entry: what was fetched before, and what still comes, stays with what it was fetched by.
alter table mirror.upstreams add column revision uuid not null default gen_random_uuid();
-- The scope of what was fetched with a login ends with that revision from now on; the bytes are still in the folder.
delete from mirror.contents where scope <> '';
delete from mirror.tags where scope <> '';
`;

/** The tables of the mirror, in a PostgreSQL schema of their own: `mirror`. Run in order, each once. */
export const mirrorMigrations: readonly MirrorMigration[] = [
  { name: "0001-foundation", sql: FOUNDATION },
  { name: "0002-logins", sql: LOGINS },
];
