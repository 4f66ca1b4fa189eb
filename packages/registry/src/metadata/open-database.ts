import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { migrateRegistry } from "./migrate.ts";
import type { RegistryTables } from "./tables.ts";

/** A connection pool on a database with the registry's tables. Disposing closes its connections. */
export interface RegistryDatabase extends AsyncDisposable {
  readonly query: Kysely<RegistryTables>;
}

/** Where the database is. */
export interface RegistryDatabaseOptions {
  /** `postgres://…`; may hold a password, so it is never logged. */
  readonly connectionString: string;
  /** 10 unless given. */
  readonly maxConnections?: number | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** No query of ours takes longer; one that does hangs, and must not hold its caller for ever. */
const QUERY_TIMEOUT_MS = 60_000;

/** Connects and brings the tables up to date, for a registry that has a database to itself. */
export async function openRegistryDatabase(options: RegistryDatabaseOptions): Promise<RegistryDatabase> {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: "opendepot-registry",
  });
  // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
  pool.on("error", () => undefined);
  // The same for one that breaks under a query, which hears of it by itself.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const query = new Kysely<RegistryTables>({ dialect: new PostgresDialect({ pool }) });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= query.destroy();
    return closing;
  };
  try {
    await migrateRegistry(query);
  } catch (error) {
    await close();
    throw error;
  }
  return { query, [Symbol.asyncDispose]: close };
}
