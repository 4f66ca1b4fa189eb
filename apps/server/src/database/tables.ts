import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** The tables as the migrations make them, for kysely. Timestamps are `Date`, `bigint` columns are `bigint`. */
export interface Tables {
  organizations: OrganizationsTable;
  users: UsersTable;
  memberships: MembershipsTable;
  projects: ProjectsTable;
  builds: BuildsTable;
  build_targets: BuildTargetsTable;
  build_dockerfiles: BuildDockerfilesTable;
  tokens: TokensTable;
  builders: BuildersTable;
  leases: LeasesTable;
  solves: SolvesTable;
  steps: StepsTable;
  step_logs: StepLogsTable;
  step_warnings: StepWarningsTable;
  authority: AuthorityTable;
  pushes: PushesTable;
  saved_images: SavedImagesTable;
}

/** The states of a build; the last three are its ends. */
export type BuildState = "created" | "waiting" | "running" | "succeeded" | "failed" | "canceled";

/** What a token speaks for. */
export type TokenKind = "user" | "organization" | "project" | "build" | "pull";

interface OrganizationsTable {
  id: string;
  name: string;
  created_at: Date;
}

interface UsersTable {
  id: string;
  name: string;
  created_at: Date;
}

interface MembershipsTable {
  organization_id: string;
  user_id: string;
  role: "owner" | "member";
}

interface ProjectsTable {
  id: string;
  organization_id: string;
  name: string;
  region: string;
  hardware: number;
  keep_bytes: bigint;
  keep_days: number;
  image_keep_days: Generated<number>;
  image_keep_count: Generated<number>;
  created_at: Date;
}

interface BuildsTable {
  id: string;
  number: ColumnType<bigint, never, never>;
  project_id: string;
  state: BuildState;
  created_at: Date;
  started_at: Date | null;
  heartbeat_at: Date | null;
  finished_at: Date | null;
  ended_by: "client" | "server" | null;
  reason: string | null;
}

interface BuildTargetsTable {
  build_id: string;
  position: number;
  command: number;
  name: string | null;
  tags: string[];
  outputs: JSONColumnType<readonly TargetOutput[]>;
  push: boolean;
  load: boolean;
  lint: boolean;
  save: boolean;
  save_tags: string[];
}

/** Where a target's result goes, as the client declared it. */
export interface TargetOutput {
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface BuildDockerfilesTable {
  build_id: string;
  target: string;
  filename: string;
  contents: string;
}

interface TokensTable {
  id: string;
  kind: TokenKind;
  hash: Buffer;
  description: string;
  user_id: string | null;
  organization_id: string | null;
  project_id: string | null;
  build_id: string | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

interface BuildersTable {
  id: string;
  project_id: string;
  architecture: "amd64" | "arm64";
  state: "stopped" | "running";
  engine_kind: string | null;
  engine_version: string | null;
  is_emulated: Generated<boolean>;
  created_at: Date;
  started_at: Date | null;
  stopped_at: Date | null;
  last_used_at: Date;
  reset_at: Date | null;
}

interface LeasesTable {
  id: string;
  build_id: string;
  builder_id: string;
  state: "waiting" | "active" | "released";
  requested_at: Date;
  activated_at: Date | null;
  released_at: Date | null;
}

interface SolvesTable {
  build_id: string;
  ref: string;
  builder_id: string | null;
  seen_at: Date;
}

interface StepsTable {
  id: ColumnType<bigint, never, never>;
  build_id: string;
  ref: string;
  digest: string;
  stable_digest: string | null;
  name: string;
  inputs: string[];
  is_cached: boolean;
  started_at: Date | null;
  completed_at: Date | null;
  error: string | null;
  log_bytes: Generated<bigint>;
  is_log_cut: Generated<boolean>;
}

interface StepLogsTable {
  step_id: bigint;
  at_ns: bigint;
  stream: number;
  checksum: bigint;
  message: Buffer;
}

interface StepWarningsTable {
  step_id: bigint;
  checksum: bigint;
  level: number;
  message: string;
  url: string;
}

interface SavedImagesTable {
  build_id: string;
  repository: string;
  tag: string;
  digest: string;
  saved_at: Date;
}

interface PushesTable {
  id: string;
  build_id: string;
  tag: string;
  started_at: Date;
  finished_at: Date | null;
  error: string | null;
}

interface AuthorityTable {
  id: number;
  certificate: string;
  private_key: string;
  created_at: Date;
}
