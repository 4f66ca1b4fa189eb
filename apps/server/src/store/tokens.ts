import type { Insertable } from "kysely";
import type { Query } from "../database/open.ts";
import type { Tables, TokenKind } from "../database/tables.ts";

/** What a token speaks for, with the id that its kind asks for. */
export interface TokenSubject {
  readonly kind: TokenKind;
  readonly id: string;
  /** Narrows a pull token to one build of its project. */
  readonly buildId?: string | undefined;
}

/** A token that is to be written. */
export interface NewToken {
  readonly id: string;
  readonly hash: Buffer;
  readonly subject: TokenSubject;
  readonly description: string;
  readonly expiresAt?: Date | undefined;
  readonly now: Date;
}

/** A stored token, without its text. */
export interface TokenRecord {
  readonly id: string;
  readonly subject: TokenSubject;
  readonly description: string;
  readonly projectId: string | undefined;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
}

const SUBJECT_COLUMN = {
  user: "user_id",
  organization: "organization_id",
  project: "project_id",
  build: "build_id",
  pull: "project_id",
} as const satisfies Record<TokenKind, string>;

/** `last_used_at` is worth one write a minute, not one a request. */
const TOUCH_EVERY_MS = 60_000;

/** Tokens by their hashes. */
export class TokenStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async insert(token: NewToken): Promise<void> {
    await this.#db.insertInto("tokens").values(toTokenRow(token)).execute();
  }

  async findByHash(hash: Buffer): Promise<TokenRecord | undefined> {
    return this.#findBy("hash", hash);
  }

  async find(id: string): Promise<TokenRecord | undefined> {
    return this.#findBy("id", id);
  }

  async listOfProject(projectId: string): Promise<TokenRecord[]> {
    const query = this.#db
      .selectFrom("tokens")
      .selectAll()
      .where("project_id", "=", projectId)
      .where("kind", "=", "project");
    return (await query.where("revoked_at", "is", null).orderBy("created_at").execute()).map(toRecord);
  }

  /** Notes that the token was used; of those that drive one build nobody asks. */
  async touch(token: TokenRecord, now: Date): Promise<void> {
    if (token.subject.kind === "build") return;
    if (token.lastUsedAt && now.getTime() - token.lastUsedAt.getTime() < TOUCH_EVERY_MS) return;
    await this.#db.updateTable("tokens").set({ last_used_at: now }).where("id", "=", token.id).execute();
  }

  async describe(id: string, description: string): Promise<void> {
    await this.#db.updateTable("tokens").set({ description }).where("id", "=", id).execute();
  }

  /** From now on the token is refused. Revoking again changes nothing. */
  async revoke(id: string, now: Date): Promise<void> {
    const query = this.#db.updateTable("tokens").set({ revoked_at: now });
    await query.where("id", "=", id).where("revoked_at", "is", null).execute();
  }

  /** Removes pull tokens that have expired: nobody looks for them again. */
  async deleteExpiredPulls(now: Date): Promise<void> {
    await this.#db.deleteFrom("tokens").where("kind", "=", "pull").where("expires_at", "<=", now).execute();
  }

  async #findBy(column: "id" | "hash", value: string | Buffer): Promise<TokenRecord | undefined> {
    const row = await this.#db.selectFrom("tokens").selectAll().where(column, "=", value).executeTakeFirst();
    return row && toRecord(row);
  }
}

/** A token that is to be written, as its row. */
export function toTokenRow({ id, hash, subject, description, expiresAt, now }: NewToken): Insertable<Tables["tokens"]> {
  return {
    ...{ id, hash, description, kind: subject.kind, created_at: now, expires_at: expiresAt ?? null },
    [SUBJECT_COLUMN[subject.kind]]: subject.id,
    ...(subject.buildId === undefined ? {} : { build_id: subject.buildId }),
  };
}

interface TokenRow {
  readonly id: string;
  readonly kind: TokenKind;
  readonly description: string;
  readonly user_id: string | null;
  readonly organization_id: string | null;
  readonly project_id: string | null;
  readonly build_id: string | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

function toRecord(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    subject: {
      kind: row.kind,
      id: row[SUBJECT_COLUMN[row.kind]] ?? "",
      buildId: row.kind === "pull" ? (row.build_id ?? undefined) : undefined,
    },
    description: row.description,
    projectId: row.project_id ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
