import type { Logger } from "@opendepot/base";
import { migrateMirror } from "@opendepot/mirror";
import { migrateRegistry } from "@opendepot/registry";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { toDatabaseProblem } from "../problems.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./tables.ts";

/** A connection pool on a migrated database. Disposing closes its connections. */
export interface Database extends AsyncDisposable {
  readonly query: Kysely<Tables>;
}

/** What stores read and write with: the pool itself, or a transaction on it. */
export type Query = Kysely<Tables>;

export interface DatabaseOptions {
  /** `postgres://…`; may hold a password, so it is never logged. */
  readonly connectionString: string;
  readonly logger: Logger;
  /** Default 10. */
  readonly maxConnections?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** No query of ours takes longer; one that does hangs, and must not hold its caller for ever. */
const QUERY_TIMEOUT_MS = 30_000;

/** A new connection takes PostgreSQL longer than all queries of a call: those of a busy minute wait for the next one. */
const IDLE_TIMEOUT_MS = 10 * 60_000;

/**
 * Connects and brings the schema up to date.
 *
 * @throws {Problem} `database_unreachable`, `schema_too_new`, `migration_changed`
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { connectionString, logger } = options;
  const pool = new pg.Pool({
    connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    application_name: "depot-server",
    types: { getTypeParser: parserOf },
  });
  // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
  pool.on("error", (error) => logger.warn("idle database connection lost", { error: error.message }));
  // The same for one that breaks under a query, which hears of it by itself.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const query = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const close = async (): Promise<void> => {
    await query.destroy(); // ends the pool only when a query has gone through it
    if (!pool.ending) await pool.end();
  };
  try {
    await migrate(pool, logger);
    await migrateRegistry(query);
    await migrateMirror(query);
  } catch (error) {
    await close();
    throw toDatabaseProblem(error);
  }
  let closing: Promise<void> | undefined;
  return {
    query,
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}

const INT8 = 20;

/** `bigint` columns become `bigint`: nanoseconds since 1970 do not fit a number. */
function parserOf(oid: number, format?: string): (value: string) => unknown {
  if (oid === INT8) return BigInt;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
}
