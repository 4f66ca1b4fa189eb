-- Images that are saved in the built-in registry.

-- Days since the push, or the newest tags of each repository, or for ever when both are 0.
alter table projects
  add column image_keep_days integer not null default 7 check (image_keep_days >= 0),
  add column image_keep_count integer not null default 0 check (image_keep_count >= 0),
  add constraint projects_image_retention check (image_keep_days = 0 or image_keep_count = 0);

-- What a build has saved, as the registry acknowledged it.
create table saved_images (
  build_id text not null references builds on delete cascade,
  repository text not null,
  tag text not null,
  digest text not null,
  saved_at timestamptz not null,
  primary key (build_id, repository, tag)
);

-- A pull token reads the saved images of one project, or of one of its builds.
alter table tokens
  drop constraint tokens_kind_check,
  drop constraint tokens_check,
  drop constraint tokens_check1,
  add constraint tokens_kind_check check (kind in ('user', 'organization', 'project', 'build', 'pull')),
  add constraint tokens_one_subject check (
    num_nonnulls(user_id, organization_id, project_id, build_id) = case when kind = 'pull' and build_id is not null then 2 else 1 end
  ),
  add constraint tokens_subject_of_kind check (case kind
    when 'user' then user_id
    when 'organization' then organization_id
    when 'project' then project_id
    when 'pull' then project_id
    else build_id
  end is not null);

-- Copies of saved images to other registries.
create table pushes (
  id text primary key,
  build_id text not null references builds on delete cascade,
  tag text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  error text
);
create index pushes_build on pushes (build_id);
