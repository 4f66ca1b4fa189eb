import type { Query } from "../database/open.ts";

/** A tenant. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** Organizations, their users and who belongs to which. */
export class OrganizationStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#db.selectFrom("organizations").select("id").limit(1).executeTakeFirst()) === undefined;
  }

  async find(id: string): Promise<Organization | undefined> {
    return (await this.list([id])).at(0);
  }

  async list(ids: readonly string[]): Promise<Organization[]> {
    if (ids.length === 0) return [];
    const query = this.#db.selectFrom("organizations").selectAll().where("id", "in", ids).orderBy("created_at");
    return (await query.orderBy("id").execute()).map(({ id, name, created_at }) => ({
      id,
      name,
      createdAt: created_at,
    }));
  }

  /** For administration on the server itself: by id or by name. */
  async findByName(idOrName: string): Promise<Organization | undefined> {
    const query = this.#db.selectFrom("organizations").select("id");
    const row = await query
      .where((where) => where.or([where("id", "=", idOrName), where("name", "=", idOrName)]))
      .executeTakeFirst();
    return row && this.find(row.id);
  }

  async insert(organization: { id: string; name: string; now: Date }): Promise<void> {
    const { id, name, now } = organization;
    await this.#db.insertInto("organizations").values({ id, name, created_at: now }).execute();
  }

  async insertUser(user: { id: string; name: string; now: Date }): Promise<void> {
    await this.#db.insertInto("users").values({ id: user.id, name: user.name, created_at: user.now }).execute();
  }

  async findUserByName(name: string): Promise<{ readonly id: string; readonly name: string } | undefined> {
    return this.#db.selectFrom("users").select(["id", "name"]).where("name", "=", name).executeTakeFirst();
  }

  async addMember(organizationId: string, userId: string, role: "owner" | "member"): Promise<void> {
    await this.#db
      .insertInto("memberships")
      .values({ organization_id: organizationId, user_id: userId, role })
      .execute();
  }

  async listIdsOfUser(userId: string): Promise<string[]> {
    const query = this.#db.selectFrom("memberships").select("organization_id").where("user_id", "=", userId);
    return (await query.orderBy("organization_id").execute()).map((row) => row.organization_id);
  }
}
