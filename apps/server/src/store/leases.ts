import { sql } from "kysely";
import type { Query } from "../database/open.ts";

/** A build's right to use a builder. */
export interface Lease {
  readonly id: string;
  readonly buildId: string;
  readonly builderId: string;
  readonly state: "waiting" | "active" | "released";
  readonly activatedAt: Date | undefined;
}

/** Leases: waiting → active → released. They are released where builds end, in the same transaction. */
export class LeaseStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** The build's lease of the builder, made when there is none; undefined when the build is over. */
  async request(lease: { id: string; buildId: string; builderId: string; now: Date }): Promise<Lease | undefined> {
    // The share lock makes a build that ends at this moment either wait for the new lease or refuse it.
    await sql`
      insert into leases (id, build_id, builder_id, state, requested_at)
      select ${lease.id}, builds.id, ${lease.builderId}, 'waiting', ${lease.now}
      from builds where builds.id = ${lease.buildId} and builds.state in ('created', 'waiting', 'running')
      for share
      on conflict (build_id, builder_id) do nothing`.execute(this.#db);
    const found = await this.find(lease.buildId, lease.builderId);
    return found?.state === "released" ? undefined : found;
  }

  /** waiting → active. False when it was not waiting any more. */
  async activate(id: string, now: Date): Promise<boolean> {
    const query = this.#db
      .updateTable("leases")
      .set({ state: "active", activated_at: now })
      .where("id", "=", id)
      .where("state", "=", "waiting");
    return ((await query.executeTakeFirst())?.numUpdatedRows ?? 0n) > 0n;
  }

  async find(buildId: string, builderId: string): Promise<Lease | undefined> {
    const query = this.#db.selectFrom("leases").selectAll();
    const row = await query.where("build_id", "=", buildId).where("builder_id", "=", builderId).executeTakeFirst();
    if (!row) return undefined;
    const { id, state } = row;
    return { id, buildId, builderId, state, activatedAt: row.activated_at ?? undefined };
  }

  /** Ids of the builds that hold leases of a builder now. */
  async listBuildsOf(builderId: string): Promise<string[]> {
    const query = this.#db.selectFrom("leases").select("build_id").where("builder_id", "=", builderId);
    return (await query.where("state", "<>", "released").execute()).map((row) => row.build_id);
  }
}
