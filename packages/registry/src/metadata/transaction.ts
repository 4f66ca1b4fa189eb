import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import type { Query } from "./tables.ts";

const ATTEMPTS = 6;
const DEADLOCK = "40P01";
const SERIALIZATION = "40001";
const FOREIGN_KEY = "23503";

/** Runs `work` in one transaction, and again when PostgreSQL ended it in favour of another one. */
export async function inTransaction<T>(db: Query, work: (tx: Query) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const code = sqlStateOf(error);
      if ((code !== DEADLOCK && code !== SERIALIZATION) || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * 20 * attempt);
    }
  }
}

/** Whether a statement was refused because something points at what it removes, or because what it points at is gone. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlStateOf(error) === FOREIGN_KEY;
}

/** The time of the database, the only one that all servers share, `ms` from now. */
export function fromNow(ms: number): RawBuilder<Date> {
  return sql<Date>`now() + ${ms} * interval '1 millisecond'`;
}

function sqlStateOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
