import type { Query } from "../database/open.ts";

/** An image that a build has saved. */
export interface SavedImage {
  readonly buildId: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/** What builds have saved in the registry, and where copies of it were sent. */
export class SavedImageStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  /** Notes a tag that a build has pushed; the last push counts. */
  async record({ buildId, repository, tag, digest, now }: SavedImage & { readonly now: Date }): Promise<void> {
    await this.#db
      .insertInto("saved_images")
      .values({ build_id: buildId, repository, tag, digest, saved_at: now })
      .onConflict((conflict) =>
        conflict.columns(["build_id", "repository", "tag"]).doUpdateSet({ digest, saved_at: now }),
      )
      .execute();
  }

  /** What a build has saved in one repository. */
  async list(buildId: string, repository: string): Promise<SavedImage[]> {
    const query = this.#db.selectFrom("saved_images").select(["tag", "digest"]).where("build_id", "=", buildId);
    const rows = await query.where("repository", "=", repository).orderBy("tag").execute();
    return rows.map(({ tag, digest }) => ({ buildId, repository, tag, digest }));
  }

  /** A copy to another registry begins. */
  async startPush(push: {
    readonly id: string;
    readonly buildId: string;
    readonly tag: string;
    readonly now: Date;
  }): Promise<void> {
    const { id, buildId, tag, now } = push;
    await this.#db.insertInto("pushes").values({ id, build_id: buildId, tag, started_at: now }).execute();
  }

  /** The copy is over. False when there is none of that id and build that still runs. */
  async finishPush(push: {
    readonly id: string;
    readonly buildId: string;
    readonly error: string | undefined;
    readonly now: Date;
  }): Promise<boolean> {
    const result = await this.#db
      .updateTable("pushes")
      .set({ finished_at: push.now, error: push.error ?? null })
      .where("id", "=", push.id)
      .where("build_id", "=", push.buildId)
      .where("finished_at", "is", null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }
}
