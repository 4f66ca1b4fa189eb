import { silentLogger } from "@opendepot/base";
import { startTestPostgres } from "@opendepot/testing";
import { type Database, openDatabase } from "../database/open.ts";

/** The template that tests of this package share: the schema, and nothing in it. */
export const MIGRATED = {
  name: "depot-server",
  prepare: async (connectionString: string): Promise<void> => {
    await using _ = await openDatabase({ connectionString, logger: silentLogger });
  },
} as const;

/** A fresh database with the schema, on a real PostgreSQL. */
export interface TestDatabase extends Database {
  readonly connectionString: string;
}

/** Opens one for a test, which disposes of it. */
export async function openTestDatabase(): Promise<TestDatabase> {
  await using stack = new AsyncDisposableStack();
  const { connectionString } = stack.use(await startTestPostgres({ template: MIGRATED }));
  const { query } = stack.use(await openDatabase({ connectionString, logger: silentLogger }));
  const owned = stack.move();
  return { query, connectionString, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
