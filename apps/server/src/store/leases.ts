import type { Architecture } from "@opendepot/builder";
import { type Selectable, sql } from "kysely";
import type { Query } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

/** A build's right to use a builder. */
export interface Lease {
  readonly id: string;
  readonly buildId: string;
  readonly builderId: string;
  readonly state: "waiting" | "active" | "released";
  readonly activatedAt: Date | undefined;
}

/** What {@link LeaseStore.request} asks for. */
export interface LeaseRequest {
  /** Of the lease, if there is none yet. */
  readonly id: string;
  readonly buildId: string;
  readonly builderId: string;
  readonly projectId: string;
  readonly architecture: Architecture;
  readonly now: Date;
}

type LeaseRow = Selectable<Tables["leases"]>;

/** Leases: waiting → active → released. They are released where builds end, in the same transaction. */
export class LeaseStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /**
   * The build's lease of a builder; lease and builder are made where there are none. The build now waits for its builder,
   * if it did not yet, and is alive. Undefined when it is over.
   */
  async request(request: LeaseRequest): Promise<Lease | undefined> {
    const { id, buildId, builderId, projectId, architecture, now } = request;
    // One statement that begins with the build's row: a build that ends at this moment either refuses the lease or
    // waits until it is there, and then releases it.
    const { rows } = await sql<LeaseRow>`
      with open as (
        update builds
        set state = case state when 'created' then 'waiting' else state end, heartbeat_at = ${now}
        where id = ${buildId} and project_id = ${projectId} and state in ('created', 'waiting', 'running')
        returning id
      ), builder as (
        insert into builders (id, project_id, architecture, state, created_at, last_used_at)
        select ${builderId}, ${projectId}, ${architecture}, 'stopped', ${now}, ${now} from open
        on conflict do nothing
      )
      insert into leases (id, build_id, builder_id, state, requested_at)
      select ${id}, open.id, ${builderId}, 'waiting', ${now} from open
      on conflict (build_id, builder_id) do update set requested_at = leases.requested_at
      returning *`.execute(this.#db);
    const [row] = rows;
    return row && row.state !== "released" ? toLease(row) : undefined;
  }

  /** Lease: waiting → active, and with the first one build: waiting → running. False when it was not waiting any more. */
  async activate(lease: Pick<Lease, "id" | "buildId">, now: Date): Promise<boolean> {
    // The build's row is locked first, in the order in which its end locks them.
    const { rows } = await sql`
      with open as (
        select id from builds where id = ${lease.buildId} and state in ('waiting', 'running') for update
      ), activated as (
        update leases set state = 'active', activated_at = ${now} from open
        where leases.id = ${lease.id} and leases.build_id = open.id and leases.state = 'waiting'
        returning leases.build_id
      ), running as (
        update builds set state = 'running', started_at = ${now}, heartbeat_at = ${now} from activated
        where builds.id = activated.build_id and builds.state = 'waiting'
      )
      select build_id from activated`.execute(this.#db);
    return rows.length > 0;
  }

  async find(buildId: string, builderId: string): Promise<Lease | undefined> {
    const query = this.#db.selectFrom("leases").selectAll();
    const row = await query.where("build_id", "=", buildId).where("builder_id", "=", builderId).executeTakeFirst();
    return row && toLease(row);
  }

  /** Ids of the builds that hold leases of a builder now. */
  async listBuildsOf(builderId: string): Promise<string[]> {
    const query = this.#db.selectFrom("leases").select("build_id").where("builder_id", "=", builderId);
    return (await query.where("state", "<>", "released").execute()).map((row) => row.build_id);
  }
}

function toLease(row: LeaseRow): Lease {
  const { id, state } = row;
  return { id, buildId: row.build_id, builderId: row.builder_id, state, activatedAt: row.activated_at ?? undefined };
}
