import { randomUUID } from "node:crypto";
import { Secret } from "@opendepot/base";
import { DEFAULT_UPSTREAMS, type Upstream, type UpstreamLogin } from "../upstream/upstream.ts";
import type { Query } from "./tables.ts";

/** What an administrator says of an upstream. */
export interface UpstreamEntry extends Pick<Upstream, "host" | "allowsPrivate" | "isPlainHttp" | "tokenHost"> {
  /** Empty: everybody who has no entry of his own. */
  readonly organization: string;
  readonly login: UpstreamLogin | undefined;
}

/** Registries that are mirrored: the usual ones, and those that an administrator has added. */
export class UpstreamStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** An upstream as an organization sees it: by its own entry, or everybody's, or the usual way; undefined if there is none. */
  async find(host: string, organization: string): Promise<Upstream | undefined> {
    const rows = await this.#db
      .selectFrom("mirror.upstreams")
      .selectAll()
      .where("host", "=", host)
      .where("organization", "in", ["", organization])
      .orderBy("organization", "desc")
      .execute();
    const [row] = rows;
    if (row) return toUpstream(row);
    return DEFAULT_UPSTREAMS.includes(host) ? { ...USUAL, host } : undefined;
  }

  /** All upstreams as an organization sees them. */
  async listFor(organization: string): Promise<Upstream[]> {
    const seen = new Map<string, Upstream>(DEFAULT_UPSTREAMS.map((host) => [host, { ...USUAL, host }]));
    const query = this.#db.selectFrom("mirror.upstreams").selectAll().where("organization", "in", ["", organization]);
    // The organization's own entry comes last, and counts.
    for (const row of await query.orderBy("organization").execute()) seen.set(row.host, toUpstream(row));
    return [...seen.values()];
  }

  /** What administrators have added. */
  async list(): Promise<UpstreamEntry[]> {
    const query = this.#db.selectFrom("mirror.upstreams").selectAll().orderBy("host").orderBy("organization");
    return (await query.execute()).map(toEntry);
  }

  /** Whatever was there before: from now on it is another upstream, which has to show everything anew. */
  async put(entry: UpstreamEntry): Promise<void> {
    const values = {
      revision: randomUUID(),
      username: entry.login?.username ?? null,
      password: entry.login?.password.reveal() ?? null,
      allows_private: entry.allowsPrivate,
      is_plain_http: entry.isPlainHttp,
      token_host: entry.tokenHost ?? null,
    };
    await this.#db
      .insertInto("mirror.upstreams")
      .values({ host: entry.host, organization: entry.organization, ...values })
      .onConflict((conflict) => conflict.columns(["host", "organization"]).doUpdateSet(values))
      .execute();
  }

  /** Whether there was one. */
  async remove(host: string, organization: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("mirror.upstreams")
      .where("host", "=", host)
      .where("organization", "=", organization)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

const USUAL: Omit<Upstream, "host"> = {
  ...{ owner: "", scope: "", login: undefined, tokenHost: undefined },
  ...{ allowsPrivate: false, isPlainHttp: false },
};

/** A row of the table. */
interface Row {
  readonly host: string;
  readonly organization: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly allows_private: boolean;
  readonly is_plain_http: boolean;
  readonly token_host: string | null;
  readonly revision: string;
}

function toUpstream(row: Row): Upstream {
  const { organization, ...entry } = toEntry(row);
  // What an organization reaches in a way of its own is its own, even without a login.
  const owner = organization || (entry.login ? "*" : "");
  return { ...entry, owner, scope: owner && `${owner}/${row.revision}` };
}

function toEntry(row: Row): UpstreamEntry {
  const { username, password } = row;
  return {
    host: row.host,
    organization: row.organization,
    login: username === null || password === null ? undefined : { username, password: new Secret(password) },
    allowsPrivate: row.allows_private,
    isPlainHttp: row.is_plain_http,
    tokenHost: row.token_host ?? undefined,
  };
}
