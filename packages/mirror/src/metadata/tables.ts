import type { Generated, Kysely } from "kysely";

/** The tables as the migrations make them, for kysely. */
export interface MirrorTables {
  "mirror.upstreams": UpstreamsTable;
  "mirror.contents": ContentsTable;
  "mirror.imported": ImportedTable;
  "mirror.tags": TagsTable;
}

/** What the stores read and write with. */
export type Query = Kysely<MirrorTables>;

interface UpstreamsTable {
  host: string;
  organization: string;
  username: string | null;
  password: string | null;
  allows_private: boolean;
  is_plain_http: boolean;
  token_host: string | null;
  revision: Generated<string>;
  created_at: Generated<Date>;
}

interface ContentsTable {
  scope: string;
  host: string;
  repository: string;
  digest: string;
  media_type: string | null;
  linked_at: Generated<Date>;
}

interface ImportedTable {
  name: string;
  digest: string;
}

interface TagsTable {
  scope: string;
  host: string;
  repository: string;
  tag: string;
  digest: string;
  etag: string | null;
  checked_at: Date;
}
