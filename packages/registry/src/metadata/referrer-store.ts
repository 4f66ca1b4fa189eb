import { sql } from "kysely";
import type { Query } from "./tables.ts";

/** A manifest that names another one as its subject. */
export interface Referrer {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** Which referrers are wanted. */
export interface ReferrerPage {
  readonly subject: string;
  readonly artifactType?: string | undefined;
  /** Those after this digest. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Of annotations, together. One referrer comes in any case. */
  readonly maxBytes: number;
}

/** Looks up by subject. */
export class ReferrerStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** A page in the order of digests, and whether there are more. */
  async list(repository: string, page: ReferrerPage): Promise<{ referrers: Referrer[]; hasMore: boolean }> {
    const { subject, artifactType, after, limit, maxBytes } = page;
    const { rows } = await sql<ReferrerRow>`
      with candidates as (
        select manifest.digest, manifest.media_type, manifest.artifact_type, manifest.annotations,
          octet_length(manifest.content) as size,
          sum(coalesce(octet_length(manifest.annotations), 0)) over (order by manifest.digest) as bytes,
          row_number() over (order by manifest.digest) as position
        from registry.manifests manifest
        join registry.repositories repository on repository.id = manifest.repository_id
        where repository.name = ${repository} and manifest.subject = ${subject} and manifest.digest > ${after ?? ""}
          and (${artifactType ?? null}::text is null or manifest.artifact_type = ${artifactType ?? null})
        order by manifest.digest limit ${limit + 1}
      )
      select digest, media_type, artifact_type, size,
        position > ${limit} or (bytes > ${maxBytes} and position > 1) as is_beyond,
        case when position = 1 or bytes <= ${maxBytes} then annotations end as annotations
      from candidates order by digest`.execute(this.#db);
    const beyond = rows.findIndex(({ is_beyond }) => is_beyond);
    const kept = beyond < 0 ? rows : rows.slice(0, beyond);
    return { referrers: kept.map(toReferrer), hasMore: beyond >= 0 };
  }
}

interface ReferrerRow {
  readonly digest: string;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly annotations: string | null;
  readonly size: number;
  readonly is_beyond: boolean;
}

function toReferrer(row: ReferrerRow): Referrer {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    size: row.size,
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations === null ? undefined : JSON.parse(row.annotations),
  };
}
