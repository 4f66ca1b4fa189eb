-- Tenants and who may act for them.

create table organizations (
  id text primary key,
  name text not null,
  created_at timestamptz not null
);

create table users (
  id text primary key,
  name text not null unique,
  created_at timestamptz not null
);

create table memberships (
  organization_id text not null references organizations on delete cascade,
  user_id text not null references users on delete cascade,
  role text not null check (role in ('owner', 'member')),
  primary key (organization_id, user_id)
);
create index memberships_user on memberships (user_id);

create table projects (
  id text primary key,
  organization_id text not null references organizations on delete cascade,
  name text not null,
  region text not null,
  hardware integer not null,
  keep_bytes bigint not null check (keep_bytes > 0),
  keep_days integer not null check (keep_days >= 0),
  created_at timestamptz not null
);
create index projects_organization on projects (organization_id);

-- Builds. Every change of state is one conditional update; a row's state is the only truth.

create table builds (
  id text primary key,
  -- Order of creation: pages follow it.
  number bigint generated always as identity unique,
  project_id text not null references projects on delete cascade,
  state text not null check (state in ('created', 'waiting', 'running', 'succeeded', 'failed', 'canceled')),
  created_at timestamptz not null,
  started_at timestamptz,
  heartbeat_at timestamptz,
  finished_at timestamptz,
  -- Who said that it is over.
  ended_by text check (ended_by in ('client', 'server')),
  reason text,
  check ((state in ('succeeded', 'failed', 'canceled')) = (finished_at is not null)),
  check ((finished_at is null) = (ended_by is null))
);
create index builds_project on builds (project_id, number desc);
create index builds_open on builds (heartbeat_at) where state in ('created', 'waiting', 'running');

create table build_targets (
  build_id text not null references builds on delete cascade,
  position integer not null,
  command integer not null,
  name text,
  tags text[] not null,
  outputs jsonb not null,
  push boolean not null,
  load boolean not null,
  lint boolean not null,
  save boolean not null,
  save_tags text[] not null,
  primary key (build_id, position)
);

create table build_dockerfiles (
  build_id text not null references builds on delete cascade,
  target text not null,
  filename text not null,
  contents text not null,
  primary key (build_id, target, filename)
);

create table tokens (
  id text primary key,
  kind text not null check (kind in ('user', 'organization', 'project', 'build')),
  hash bytea not null unique,
  description text not null,
  user_id text references users on delete cascade,
  organization_id text references organizations on delete cascade,
  project_id text references projects on delete cascade,
  build_id text references builds on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  -- A token speaks for exactly one thing: that of its kind.
  check (num_nonnulls(user_id, organization_id, project_id, build_id) = 1),
  check (case kind
    when 'user' then user_id
    when 'organization' then organization_id
    when 'project' then project_id
    else build_id
  end is not null)
);
create index tokens_project on tokens (project_id) where project_id is not null;
create index tokens_build on tokens (build_id) where build_id is not null;

-- Builders: one engine with one cache for each project and architecture; leases: a build's right to use one.

create table builders (
  id text primary key,
  project_id text not null references projects on delete cascade,
  architecture text not null check (architecture in ('amd64', 'arm64')),
  state text not null check (state in ('stopped', 'running')),
  engine_kind text,
  engine_version text,
  is_emulated boolean not null default false,
  created_at timestamptz not null,
  started_at timestamptz,
  stopped_at timestamptz,
  last_used_at timestamptz not null,
  reset_at timestamptz,
  unique (project_id, architecture)
);

create table leases (
  id text primary key,
  build_id text not null references builds on delete cascade,
  builder_id text not null references builders on delete cascade,
  state text not null check (state in ('waiting', 'active', 'released')),
  requested_at timestamptz not null,
  activated_at timestamptz,
  released_at timestamptz,
  unique (build_id, builder_id),
  check ((state = 'released') = (released_at is not null))
);
create index leases_open on leases (builder_id) where state <> 'released';

-- What the engines say of the builds.

create table solves (
  build_id text not null references builds on delete cascade,
  -- BuildKit's name for it; empty for the steps that the client took by itself.
  ref text not null,
  builder_id text,
  seen_at timestamptz not null,
  primary key (build_id, ref)
);

create table steps (
  id bigint generated always as identity primary key,
  build_id text not null,
  ref text not null,
  digest text not null,
  stable_digest text,
  name text not null,
  inputs text[] not null,
  is_cached boolean not null,
  started_at timestamptz,
  completed_at timestamptz,
  error text,
  log_bytes bigint not null default 0,
  is_log_cut boolean not null default false,
  unique (build_id, ref, digest),
  foreign key (build_id, ref) references solves on delete cascade
);
create index steps_stable_digest on steps (stable_digest) where stable_digest is not null;

create table step_logs (
  step_id bigint not null references steps on delete cascade,
  -- Nanoseconds since 1970, as BuildKit counts them.
  at_ns bigint not null,
  stream smallint not null,
  -- CRC-32 of the message: a replayed status stream writes nothing twice.
  checksum bigint not null,
  message bytea not null,
  primary key (step_id, at_ns, stream, checksum)
);

create table step_warnings (
  step_id bigint not null references steps on delete cascade,
  checksum bigint not null,
  level integer not null,
  message text not null,
  url text not null,
  primary key (step_id, checksum)
);

-- The certificate authority of this installation: one row.

create table authority (
  id integer primary key check (id = 1),
  certificate text not null,
  private_key text not null,
  created_at timestamptz not null
);
