import { type Selectable, sql, type Transaction } from "kysely";
import type { Query } from "../database/open.ts";
import type { BuildState, Tables, TargetOutput } from "../database/tables.ts";
import { toTokenRow } from "./tokens.ts";

/** A build, with what rights depend on. */
export interface Build {
  readonly id: string;
  /** Order of creation. */
  readonly number: bigint;
  readonly projectId: string;
  readonly organizationId: string;
  readonly state: BuildState;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** Why it failed or was canceled, for people. */
  readonly reason: string | undefined;
}

/** One target of a build, as its client declared it. */
export interface BuildTarget {
  readonly command: number;
  readonly name: string | undefined;
  readonly tags: readonly string[];
  readonly outputs: readonly TargetOutput[];
  readonly push: boolean;
  readonly load: boolean;
  readonly lint: boolean;
  readonly save: boolean;
  readonly saveTags: readonly string[];
}

/** A build that is to be written. */
export interface NewBuild {
  readonly id: string;
  readonly projectId: string;
  readonly targets: readonly BuildTarget[];
  readonly token: { readonly id: string; readonly hash: Buffer; readonly expiresAt: Date };
  readonly now: Date;
}

/** The end of a build. */
export interface BuildEnd {
  readonly state: "succeeded" | "failed" | "canceled";
  /** The client's own word outranks what the server concluded from its silence. */
  readonly by: "client" | "server";
  readonly reason?: string | undefined;
  readonly at: Date;
}

/** Which builds count as given up by their clients. */
export interface Silence {
  /** Of those that use a builder: nothing was heard since. */
  readonly heardBefore: Date;
  /** Of those that never asked for a builder. */
  readonly createdBefore: Date;
}

/** A Dockerfile that a client reported as built. */
export interface ReportedDockerfile {
  readonly target: string;
  readonly filename: string;
  readonly contents: string;
}

const OPEN: readonly BuildState[] = ["created", "waiting", "running"];

/** Whether the state is one of a build's ends. */
export function isEnd(state: BuildState): boolean {
  return !OPEN.includes(state);
}

/** Builds and their state machine. Changes of state are conditional updates that say whether they won. */
export class BuildStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** Writes a build with the token that drives it: all in one statement, as its client waits for each. */
  async insert(build: NewBuild): Promise<void> {
    const { id, projectId, now } = build;
    const subject = { kind: "build", id } as const;
    const token = toTokenRow({ ...build.token, subject, description: "drives its build", now });
    const rows = build.targets.map((target, position) => toTargetRow(id, position, target));
    const row = { id, project_id: projectId, state: "created", created_at: now } as const;
    const begun = this.#db.with("build", (db) => db.insertInto("builds").values(row));
    const withTargets =
      rows.length > 0 ? begun.with("targets", (db) => db.insertInto("build_targets").values(rows)) : begun;
    await withTargets.insertInto("tokens").values(token).execute();
  }

  async find(id: string): Promise<Build | undefined> {
    const row = await selectBuilds(this.#db).where("builds.id", "=", id).executeTakeFirst();
    return row && toBuild(row);
  }

  /** A project's builds, newest first; `before` is the number that the page before ended with. */
  async list(projectId: string, page: { before?: bigint | undefined; limit: number }): Promise<Build[]> {
    let query = selectBuilds(this.#db).where("builds.project_id", "=", projectId);
    if (page.before !== undefined) query = query.where("builds.number", "<", page.before);
    const rows = await query.orderBy("builds.number", "desc").limit(page.limit).execute();
    return rows.map(toBuild);
  }

  async listTargets(id: string): Promise<BuildTarget[]> {
    const query = this.#db.selectFrom("build_targets").selectAll().where("build_id", "=", id).orderBy("position");
    return (await query.execute()).map(fromTargetRow);
  }

  /** Notes that the client lives. False when the build is over. */
  async heartbeat(id: string, now: Date): Promise<boolean> {
    const query = this.#db
      .updateTable("builds")
      .set({ heartbeat_at: now })
      .where("id", "=", id)
      .where("state", "in", OPEN);
    return won(await query.executeTakeFirst());
  }

  /**
   * Ends a build and releases its leases. True for the one call that ended it: of two clients the first wins, but a
   * client's word replaces the server's guess that it was gone.
   */
  async finish(id: string, end: BuildEnd): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      const query = tx
        .updateTable("builds")
        .set({ state: end.state, finished_at: end.at, ended_by: end.by, reason: end.reason ?? null })
        .where("id", "=", id)
        .where((where) =>
          end.by === "server"
            ? where("state", "in", OPEN)
            : where.or([where("state", "in", OPEN), where("ended_by", "=", "server")]),
        );
      if (!won(await query.executeTakeFirst())) return false;
      await releaseLeases(tx, [id], end.at);
      return true;
    });
  }

  /** Cancels the builds whose clients have gone silent and releases their leases; returns the ids of those it ended. */
  async cancelSilent(silence: Silence, reason: string, now: Date): Promise<string[]> {
    return this.#db.transaction().execute(async (tx) => {
      const rows = await tx
        .updateTable("builds")
        .set({ state: "canceled", finished_at: now, ended_by: "server", reason })
        .where((where) =>
          where.or([
            where.and([where("state", "in", ["waiting", "running"]), where("heartbeat_at", "<", silence.heardBefore)]),
            where.and([
              where("state", "=", "created"),
              where(sql`coalesce(heartbeat_at, created_at)`, "<", silence.createdBefore),
            ]),
          ]),
        )
        .returning("id")
        .execute();
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await releaseLeases(tx, ids, now);
      return ids;
    });
  }

  /** Those of `ids` that are over or no longer exist. */
  async listEnded(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const query = this.#db.selectFrom("builds").select("id").where("id", "in", ids).where("state", "in", OPEN);
    const open = new Set((await query.execute()).map(({ id }) => id));
    return ids.filter((id) => !open.has(id));
  }

  /** Ids of the builds that are not over, of one project or of all. */
  async listOpen(projectId?: string): Promise<string[]> {
    let query = this.#db.selectFrom("builds").select("id").where("state", "in", OPEN);
    if (projectId !== undefined) query = query.where("project_id", "=", projectId);
    return (await query.execute()).map(({ id }) => id);
  }

  async countOpen(): Promise<number> {
    const query = this.#db.selectFrom("builds").select((select) => select.fn.countAll<bigint>().as("count"));
    return Number((await query.where("state", "in", OPEN).executeTakeFirstOrThrow()).count);
  }

  async writeDockerfiles(id: string, dockerfiles: readonly ReportedDockerfile[]): Promise<void> {
    for (const { target, filename, contents } of dockerfiles) {
      await this.#db
        .insertInto("build_dockerfiles")
        .values({ build_id: id, target, filename, contents })
        .onConflict((conflict) => conflict.columns(["build_id", "target", "filename"]).doUpdateSet({ contents }))
        .execute();
    }
  }
}

/** A statement of its own, after the build's row is locked: a lease that was granted meanwhile is then seen. */
async function releaseLeases(tx: Transaction<Tables>, buildIds: readonly string[], now: Date): Promise<void> {
  await tx
    .with("released", (db) =>
      db
        .updateTable("leases")
        .set({ state: "released", released_at: now })
        .where("build_id", "in", buildIds)
        .where("state", "<>", "released")
        .returning("builder_id"),
    )
    // Always in the same order, so that two builds that end on the same two builders never wait for each other.
    .with("used", (db) =>
      db
        .selectFrom("builders")
        .select("id")
        .where("id", "in", db.selectFrom("released").select("builder_id"))
        .orderBy("id")
        .forUpdate(),
    )
    .updateTable("builders")
    .set({ last_used_at: now })
    .where("id", "in", (db) => db.selectFrom("used").select("id"))
    .execute();
}

function selectBuilds(db: Query) {
  return db
    .selectFrom("builds")
    .innerJoin("projects", "projects.id", "builds.project_id")
    .selectAll("builds")
    .select("projects.organization_id");
}

function won(result: { readonly numUpdatedRows: bigint } | undefined): boolean {
  return (result?.numUpdatedRows ?? 0n) > 0n;
}

function toBuild(row: Selectable<Tables["builds"]> & { organization_id: string }): Build {
  return {
    id: row.id,
    number: row.number,
    projectId: row.project_id,
    organizationId: row.organization_id,
    state: row.state,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    reason: row.reason ?? undefined,
  };
}

function toTargetRow(buildId: string, position: number, target: BuildTarget) {
  const { command, push, load, lint, save } = target;
  return {
    ...{ build_id: buildId, position, command, push, load, lint, save },
    name: target.name ?? null,
    tags: [...target.tags],
    outputs: JSON.stringify(target.outputs),
    save_tags: [...target.saveTags],
  };
}

function fromTargetRow(row: Selectable<Tables["build_targets"]>): BuildTarget {
  const { command, tags, push, load, lint, save } = row;
  return {
    command,
    tags,
    push,
    load,
    lint,
    save,
    outputs: row.outputs,
    name: row.name ?? undefined,
    saveTags: row.save_tags,
  };
}
