import type { Query } from "./tables.ts";

/** Names of repositories and the numbers that stand for them in every other table. */
export class RepositoryStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async find(name: string): Promise<number | undefined> {
    const query = this.#db.selectFrom("registry.repositories").select("id").where("name", "=", name);
    const row = await query.executeTakeFirst();
    return row && Number(row.id);
  }

  /** The first push makes the repository. */
  async ensure(name: string): Promise<number> {
    const known = await this.find(name);
    if (known !== undefined) return known;
    await this.#db
      .insertInto("registry.repositories")
      .values({ name })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { id } = await this.#db
      .selectFrom("registry.repositories")
      .select("id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    return Number(id);
  }

  /** In the order of their bytes, at most `limit` after `after`. */
  async list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<string[]> {
    const query = this.#db
      .selectFrom("registry.repositories")
      .select("name")
      .where("name", ">", options.after ?? "")
      .orderBy("name")
      .limit(options.limit);
    return (await query.execute()).map(({ name }) => name);
  }
}
