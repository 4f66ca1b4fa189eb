import { type RawBuilder, sql } from "kysely";

/**
 * Whether the promise that `row` would be kept has ended. It was made to somebody who pushes, for a time; uploads that
 * began within it belong to the same push for all we know, and prolong it to their end and as long again.
 *
 * New uploads begin too late to change the answer and ended ones stay ended, so what holds once holds for good.
 */
export function promiseHasEnded(row: string, keepMs: number): RawBuilder<boolean> {
  const name = sql.ref(row);
  return sql<boolean>`(${name}.kept_until < now() and not exists (
    select from registry.uploads upload
    where upload.repository_id = ${name}.repository_id and upload.created_at <= ${name}.kept_until
      and (upload.ended_at is null or upload.ended_at > now() - ${keepMs} * interval '1 millisecond')))`;
}
