import type { KeyAndCertificate } from "@opendepot/gateway";
import type { Query } from "../database/open.ts";

/** Keeps the authority. Whoever reads the database may issue client certificates: guard it accordingly. */
export class AuthorityStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async find(): Promise<KeyAndCertificate | undefined> {
    const query = this.#db.selectFrom("authority").select(["certificate", "private_key"]).where("id", "=", 1);
    const row = await query.executeTakeFirst();
    return row && { certPem: row.certificate, keyPem: row.private_key };
  }

  /** Keeps the first one only: of several servers that start at once, all get the same. */
  async insertOnce(authority: KeyAndCertificate, now: Date): Promise<KeyAndCertificate> {
    await this.#db
      .insertInto("authority")
      .values({ id: 1, certificate: authority.certPem, private_key: authority.keyPem, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return (await this.find()) ?? authority;
  }
}
