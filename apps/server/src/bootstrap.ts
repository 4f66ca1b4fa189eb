import { writeFile } from "node:fs/promises";
import type { Clock } from "@opendepot/base";
import { sql } from "kysely";
import { createToken } from "./access/token.ts";
import type { Database } from "./database/open.ts";
import { newLongId, newShortId } from "./ids.ts";
import { adminTokenFile } from "./instance/admin-token-file.ts";
import { createStores } from "./store/stores.ts";

/** Any fixed number: servers that start at once on one empty database do this one after another. */
const LOCK = 5_120_664_811;

/**
 * Gives an empty database its first organization, its first user and a token, which is also kept in `admin-token` in
 * the data folder, for the server's own user to read. False when somebody is there already.
 */
export async function bootstrap(
  database: Database,
  options: { readonly dataDir: string; readonly clock: Clock },
): Promise<boolean> {
  return database.query.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(tx);
    const { organizations, tokens } = createStores(tx);
    if (!(await organizations.isEmpty())) return false;
    const now = options.clock.now();
    const organizationId = newShortId();
    const userId = newShortId();
    await organizations.insert({ id: organizationId, name: "default", now });
    await organizations.insertUser({ id: userId, name: "admin", now });
    await organizations.addMember(organizationId, userId, "owner");
    const { text, hash } = createToken("user");
    const subject = { kind: "user", id: userId } as const;
    await tokens.insert({ id: newLongId(), hash, subject, description: "first token", now });
    // Before the commit: a token that nobody can read would be worse than a file without meaning.
    await writeFile(adminTokenFile(options.dataDir), `${text.reveal()}\n`, { mode: 0o600 });
    return true;
  });
}
