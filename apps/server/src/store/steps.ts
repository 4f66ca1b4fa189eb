import { type Selectable, sql, type Transaction } from "kysely";
import type { Query } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import type { StatusSource } from "../status/engine-status.ts";

/** The latest form of a step (BuildKit: vertex). */
export interface StepUpdate {
  readonly digest: string;
  readonly stableDigest?: string | undefined;
  /** Empty when only its log has been seen so far. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly isCached: boolean;
  readonly startedAt?: Date | undefined;
  readonly completedAt?: Date | undefined;
  readonly error?: string | undefined;
}

/** A piece of a step's log. */
export interface LogEntry {
  readonly digest: string;
  readonly atNs: bigint;
  /** 1: standard output, 2: standard error. */
  readonly stream: number;
  readonly checksum: bigint;
  readonly message: Buffer;
}

/** A warning about a step. */
export interface StepWarning {
  readonly digest: string;
  readonly checksum: bigint;
  readonly level: number;
  readonly message: string;
  readonly url: string;
}

/** What is written of one solve at once; every digest of a log or warning is among the steps. */
export interface StepWrite {
  readonly source: StatusSource;
  readonly steps: readonly StepUpdate[];
  readonly logs: readonly LogEntry[];
  readonly warnings: readonly StepWarning[];
}

/** A stored step. */
export interface Step {
  readonly id: bigint;
  readonly ref: string;
  readonly digest: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly isCached: boolean;
  readonly startedAt: Date | undefined;
  readonly completedAt: Date | undefined;
  readonly error: string | undefined;
  readonly logBytes: number;
  /** The log was longer than this server keeps. */
  readonly isLogCut: boolean;
}

/** Where a page of a log begins: behind this entry. */
export interface LogCursor {
  readonly atNs: bigint;
  readonly stream: number;
  readonly checksum: bigint;
}

const ROWS_PER_STATEMENT = 1000;

/** Steps of builds, their logs and warnings. */
export class StepStore {
  readonly #db: Query;
  readonly #maxLogBytes: number;

  /** @param maxLogBytes how much of one step's log is kept */
  constructor(db: Query, maxLogBytes: number) {
    this.#db = db;
    this.#maxLogBytes = maxLogBytes;
  }

  /** Writes all in one transaction. Writing the same again changes nothing. Fails when a build is gone. */
  async write(writes: readonly StepWrite[], now: Date): Promise<void> {
    if (writes.length === 0) return;
    await this.#db.transaction().execute(async (tx) => {
      await writeSolves(tx, writes, now);
      const steps = await writeSteps(tx, writes);
      await this.#writeLogs(tx, writes, steps);
      await writeWarnings(tx, writes, steps);
    });
  }

  /** A build's steps in the order in which they were first seen, from behind the step `after`. */
  async list(buildId: string, page: { after?: bigint | undefined; limit: number }): Promise<Step[]> {
    let query = this.#db.selectFrom("steps").selectAll().where("build_id", "=", buildId);
    if (page.after !== undefined) query = query.where("id", ">", page.after);
    return (await query.orderBy("id").limit(page.limit).execute()).map(toStep);
  }

  /** The step with a digest; of several solves, the one that has most to tell. */
  async findByDigest(buildId: string, digest: string): Promise<Step | undefined> {
    const query = this.#db.selectFrom("steps").selectAll().where("build_id", "=", buildId).where("digest", "=", digest);
    const row = await query.orderBy("log_bytes", "desc").orderBy("id").limit(1).executeTakeFirst();
    return row && toStep(row);
  }

  async find(buildId: string, id: bigint): Promise<Step | undefined> {
    const query = this.#db.selectFrom("steps").selectAll().where("build_id", "=", buildId).where("id", "=", id);
    const row = await query.executeTakeFirst();
    return row && toStep(row);
  }

  /** A step's log in the order of time. */
  async readLog(stepId: bigint, page: { after?: LogCursor | undefined; limit: number }): Promise<LogEntry[]> {
    let query = this.#db.selectFrom("step_logs").selectAll().where("step_id", "=", stepId);
    if (page.after) {
      const { atNs, stream, checksum } = page.after;
      query = query.where(sql<boolean>`(at_ns, stream, checksum) > (${atNs}, ${stream}, ${checksum})`);
    }
    const rows = await query.orderBy("at_ns").orderBy("stream").orderBy("checksum").limit(page.limit).execute();
    return rows.map(({ at_ns, stream, checksum, message }) => ({ digest: "", atNs: at_ns, stream, checksum, message }));
  }

  /** The last entries of a step's log, in the order of time. */
  async readLogTail(stepId: bigint, limit: number): Promise<LogEntry[]> {
    const query = this.#db.selectFrom("step_logs").selectAll().where("step_id", "=", stepId);
    const rows = await query.orderBy("at_ns", "desc").orderBy("stream", "desc").limit(limit).execute();
    return rows
      .reverse()
      .map(({ at_ns, stream, checksum, message }) => ({ digest: "", atNs: at_ns, stream, checksum, message }));
  }

  async listWarnings(
    buildId: string,
  ): Promise<{ readonly stepId: bigint; readonly message: string; readonly url: string }[]> {
    const query = this.#db
      .selectFrom("step_warnings")
      .innerJoin("steps", "steps.id", "step_warnings.step_id")
      .select(["step_id as stepId", "message", "url"]);
    return query.where("steps.build_id", "=", buildId).orderBy("step_id").limit(1000).execute();
  }

  /** Of one build: how many steps there are and how many of them came from the cache. */
  async count(buildId: string): Promise<{ readonly total: number; readonly cached: number }> {
    const row = await this.#db
      .selectFrom("steps")
      .select(({ fn }) => [
        fn.countAll<bigint>().as("total"),
        fn.countAll<bigint>().filterWhere("is_cached", "=", true).as("cached"),
      ])
      .where("build_id", "=", buildId)
      .executeTakeFirstOrThrow();
    return { total: Number(row.total), cached: Number(row.cached) };
  }

  async #writeLogs(tx: Transaction<Tables>, writes: readonly StepWrite[], steps: StepIndex): Promise<void> {
    const room = new Map<bigint, number>();
    const cut = new Set<bigint>();
    const rows: LogRow[] = [];
    for (const { source, logs } of writes) {
      for (const { digest, atNs, stream, checksum, message } of logs) {
        const step = steps.get(keyOf(source, digest));
        if (!step) continue;
        const left = room.get(step.id) ?? this.#maxLogBytes - step.logBytes;
        if (message.length > left) cut.add(step.id);
        if (left <= 0) continue;
        room.set(step.id, left - message.length);
        rows.push({ step_id: step.id, at_ns: atNs, stream, checksum, message: message.subarray(0, left) });
      }
    }
    await insertLogs(tx, rows);
    if (cut.size > 0)
      await tx
        .updateTable("steps")
        .set({ is_log_cut: true })
        .where("id", "in", [...cut])
        .execute();
  }
}

type LogRow = { step_id: bigint; at_ns: bigint; stream: number; checksum: bigint; message: Buffer };
/** Stored steps by {@link keyOf}. */
type StepIndex = ReadonlyMap<string, { readonly id: bigint; readonly logBytes: number }>;

function keyOf(source: { readonly buildId: string; readonly ref: string }, digest: string): string {
  return `${source.buildId}\0${source.ref}\0${digest}`;
}

async function writeSolves(tx: Transaction<Tables>, writes: readonly StepWrite[], now: Date): Promise<void> {
  const rows = new Map(
    writes.map(({ source: { buildId, ref, builderId } }) => [
      keyOf({ buildId, ref }, ""),
      { build_id: buildId, ref, builder_id: builderId ?? null, seen_at: now },
    ]),
  );
  await tx
    .insertInto("solves")
    .values([...rows.values()])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function writeSteps(tx: Transaction<Tables>, writes: readonly StepWrite[]): Promise<StepIndex> {
  const index = new Map<string, { id: bigint; logBytes: number }>();
  const rows = writes.flatMap(({ source, steps }) => steps.map((step) => toStepRow(source, step)));
  for (const chunk of chunksOf(rows)) {
    const written = await tx
      .insertInto("steps")
      .values(chunk)
      .onConflict((conflict) => conflict.columns(["build_id", "ref", "digest"]).doUpdateSet(mergeStep))
      .returning(["id", "build_id", "ref", "digest", "log_bytes"])
      .execute();
    for (const { id, build_id, ref, digest, log_bytes } of written) {
      index.set(keyOf({ buildId: build_id, ref }, digest), { id, logBytes: Number(log_bytes) });
    }
  }
  return index;
}

/** A later report replaces an earlier one, except for what it leaves out. `least` ignores nulls. */
const mergeStep = {
  name: sql<string>`case when excluded.name = '' then steps.name else excluded.name end`,
  inputs: sql<string[]>`case when excluded.name = '' then steps.inputs else excluded.inputs end`,
  stable_digest: sql<string | null>`coalesce(excluded.stable_digest, steps.stable_digest)`,
  is_cached: sql<boolean>`steps.is_cached or excluded.is_cached`,
  started_at: sql<Date | null>`least(steps.started_at, excluded.started_at)`,
  completed_at: sql<Date | null>`case
      when excluded.completed_at is not null then greatest(steps.completed_at, excluded.completed_at)
      when excluded.started_at > steps.completed_at then null
      else steps.completed_at end`,
  error: sql<string | null>`coalesce(excluded.error, steps.error)`,
};

/** Counts what was really new, so that a replay does not use up the log's room. */
async function insertLogs(tx: Transaction<Tables>, rows: readonly LogRow[]): Promise<void> {
  for (const chunk of chunksOf(rows)) {
    await tx
      .with("added", (db) =>
        db
          .insertInto("step_logs")
          .values(chunk)
          .onConflict((conflict) => conflict.doNothing())
          .returning(["step_id", sql<number>`octet_length(message)`.as("bytes")]),
      )
      .updateTable("steps")
      .from((db) =>
        db
          .selectFrom("added")
          .select(["step_id", sql<bigint>`sum(bytes)`.as("bytes")])
          .groupBy("step_id")
          .as("sums"),
      )
      .set({ log_bytes: sql`steps.log_bytes + sums.bytes` })
      .whereRef("steps.id", "=", "sums.step_id")
      .execute();
  }
}

async function writeWarnings(tx: Transaction<Tables>, writes: readonly StepWrite[], steps: StepIndex): Promise<void> {
  const rows = writes.flatMap(({ source, warnings }) =>
    warnings.flatMap(({ digest, checksum, level, message, url }) => {
      const step = steps.get(keyOf(source, digest));
      return step ? [{ step_id: step.id, checksum, level, message, url }] : [];
    }),
  );
  for (const chunk of chunksOf(rows)) {
    const insert = tx.insertInto("step_warnings").values(chunk);
    await insert.onConflict((conflict) => conflict.doNothing()).execute();
  }
}

function toStepRow(source: StatusSource, step: StepUpdate) {
  return {
    build_id: source.buildId,
    ref: source.ref,
    digest: step.digest,
    stable_digest: step.stableDigest ?? null,
    name: step.name,
    inputs: [...step.inputs],
    is_cached: step.isCached,
    started_at: step.startedAt ?? null,
    completed_at: step.completedAt ?? null,
    error: step.error ?? null,
  };
}

function toStep(row: Selectable<Tables["steps"]>): Step {
  return {
    id: row.id,
    ref: row.ref,
    digest: row.digest,
    name: row.name,
    inputs: row.inputs,
    isCached: row.is_cached,
    startedAt: row.started_at ?? undefined,
    completedAt: row.completed_at ?? undefined,
    error: row.error ?? undefined,
    logBytes: Number(row.log_bytes),
    isLogCut: row.is_log_cut,
  };
}

function* chunksOf<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) yield rows.slice(at, at + ROWS_PER_STATEMENT);
}
