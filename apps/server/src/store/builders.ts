import type { Architecture, Builder } from "@opendepot/builder";
import type { Selectable } from "kysely";
import type { Query } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

/** A builder as the database knows it: it outlives its engine's processes. */
export interface BuilderRecord {
  readonly id: string;
  readonly projectId: string;
  readonly architecture: Architecture;
  readonly state: "stopped" | "running";
  readonly engineKind: string | undefined;
  readonly engineVersion: string | undefined;
  readonly isEmulated: boolean;
  readonly startedAt: Date | undefined;
  readonly lastUsedAt: Date;
}

/** Builders and whether their engines run. */
export class BuilderStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async find(id: string): Promise<BuilderRecord | undefined> {
    const row = await this.#db.selectFrom("builders").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toRecord(row);
  }

  async listOfProject(projectId: string): Promise<BuilderRecord[]> {
    const query = this.#db.selectFrom("builders").selectAll().where("project_id", "=", projectId).orderBy("id");
    return (await query.execute()).map(toRecord);
  }

  async list(): Promise<BuilderRecord[]> {
    const query = this.#db.selectFrom("builders").selectAll().orderBy("last_used_at", "desc").limit(1000);
    return (await query.execute()).map(toRecord);
  }

  async markRunning(builder: Builder, now: Date): Promise<void> {
    await this.#db
      .updateTable("builders")
      .set({
        state: "running",
        engine_kind: builder.engine.kind,
        engine_version: builder.engine.buildkit,
        is_emulated: builder.isEmulated,
        started_at: now,
        last_used_at: now,
        stopped_at: null,
      })
      .where("id", "=", builder.id)
      .execute();
  }

  async markStopped(id: string, now: Date): Promise<void> {
    const query = this.#db.updateTable("builders").set({ state: "stopped", stopped_at: now });
    await query.where("id", "=", id).where("state", "=", "running").execute();
  }

  /** For a server that starts: engines of a process that is gone do not run. */
  async markAllStopped(now: Date): Promise<void> {
    const query = this.#db.updateTable("builders").set({ state: "stopped", stopped_at: now });
    await query.where("state", "=", "running").execute();
  }

  /** Running builders that no build holds and that nobody used since `before`. */
  async listIdle(before: Date): Promise<string[]> {
    const query = this.#idle(before).select("id");
    return (await query.execute()).map(({ id }) => id);
  }

  async isIdle(id: string, before: Date): Promise<boolean> {
    return (await this.#idle(before).select("id").where("id", "=", id).executeTakeFirst()) !== undefined;
  }

  async markReset(id: string, now: Date): Promise<void> {
    await this.#db.updateTable("builders").set({ reset_at: now }).where("id", "=", id).execute();
  }

  #idle(before: Date) {
    return this.#db
      .selectFrom("builders")
      .where("state", "=", "running")
      .where("last_used_at", "<", before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("leases")
              .select("leases.id")
              .whereRef("leases.builder_id", "=", "builders.id")
              .where("leases.state", "<>", "released"),
          ),
        ),
      );
  }
}

function toRecord(row: Selectable<Tables["builders"]>): BuilderRecord {
  return {
    id: row.id,
    projectId: row.project_id,
    architecture: row.architecture,
    state: row.state,
    engineKind: row.engine_kind ?? undefined,
    engineVersion: row.engine_version ?? undefined,
    isEmulated: row.is_emulated,
    startedAt: row.started_at ?? undefined,
    lastUsedAt: row.last_used_at,
  };
}
