import { type Kysely, sql } from "kysely";

/**
 * Makes everything that the registry's database knows `ms` older: for its rows, that much time has passed.
 *
 * @param options `isMoving`: uploads under way have not stood still meanwhile
 */
export async function passTime<Tables>(
  database: Kysely<Tables>,
  ms: number,
  options: { readonly isMoving?: boolean } = {},
): Promise<void> {
  const back = sql`${ms} * interval '1 millisecond'`;
  await database.transaction().execute(async (tx) => {
    await sql`update registry.blob_links set kept_until = kept_until - ${back}, linked_at = linked_at - ${back}`.execute(
      tx,
    );
    await sql`update registry.manifests set kept_until = kept_until - ${back}, pushed_at = pushed_at - ${back},
      pulled_at = pulled_at - ${back}`.execute(tx);
    await sql`update registry.tags set pushed_at = pushed_at - ${back}, expires_at = expires_at - ${back}`.execute(tx);
    await sql`update registry.uploads set created_at = created_at - ${back}, ended_at = ended_at - ${back},
      touched_at = touched_at - ${options.isMoving ? sql`interval '0'` : back}`.execute(tx);
  });
}
