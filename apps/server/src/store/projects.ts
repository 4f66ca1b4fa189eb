import type { CachePolicy } from "@opendepot/builder";
import type { Selectable } from "kysely";
import type { Query } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

/** The unit of cache and access inside an organization. */
export interface Project {
  readonly id: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly name: string;
  readonly region: string;
  /** The wire's number for a builder size. */
  readonly hardware: number;
  readonly cachePolicy: CachePolicy;
  readonly imageRetention: ImageRetention;
  readonly createdAt: Date;
}

/** How long saved images are kept: by age or by number, so one of the two is 0. */
export interface ImageRetention {
  /** Since they were pushed; 0 means for ever. */
  readonly keepDays: number;
  /** The newest tags of each repository; 0 means all. */
  readonly keepCount: number;
}

/** What may be chosen for a project. */
export interface ProjectSettings {
  readonly name: string;
  readonly region: string;
  readonly hardware: number;
  readonly cachePolicy: CachePolicy;
  readonly imageRetention: ImageRetention;
}

/** Projects. */
export class ProjectStore {
  readonly #db: Query;

  constructor(db: Query) {
    this.#db = db;
  }

  async insert(project: { id: string; organizationId: string; settings: ProjectSettings; now: Date }): Promise<void> {
    const { id, organizationId, settings, now } = project;
    await this.#db
      .insertInto("projects")
      .values({ id, organization_id: organizationId, created_at: now, ...toColumns(settings) })
      .execute();
  }

  async find(id: string): Promise<Project | undefined> {
    const row = await selectProjects(this.#db).where("projects.id", "=", id).executeTakeFirst();
    return row && toProject(row);
  }

  /** The projects of some organizations, by name. */
  async list(organizationIds: readonly string[]): Promise<Project[]> {
    if (organizationIds.length === 0) return [];
    const query = selectProjects(this.#db).where("projects.organization_id", "in", organizationIds);
    return (await query.orderBy("projects.name").orderBy("projects.id").execute()).map(toProject);
  }

  /** False when the project is gone. */
  async update(id: string, settings: ProjectSettings): Promise<boolean> {
    const query = this.#db.updateTable("projects").set(toColumns(settings)).where("id", "=", id);
    return (await query.executeTakeFirst()).numUpdatedRows > 0n;
  }

  /** Removes the project with its builds, tokens and builders. False when it is gone already. */
  async delete(id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom("projects").where("id", "=", id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }
}

function selectProjects(db: Query) {
  return db
    .selectFrom("projects")
    .innerJoin("organizations", "organizations.id", "projects.organization_id")
    .selectAll("projects")
    .select("organizations.name as organization_name");
}

function toColumns({ name, region, hardware, cachePolicy, imageRetention }: ProjectSettings) {
  return {
    ...{ name, region, hardware },
    keep_bytes: BigInt(cachePolicy.keepBytes),
    keep_days: cachePolicy.keepDays,
    image_keep_days: imageRetention.keepDays,
    image_keep_count: imageRetention.keepCount,
  };
}

function toProject(row: Selectable<Tables["projects"]> & { organization_name: string }): Project {
  return {
    id: row.id,
    organizationId: row.organization_id,
    organizationName: row.organization_name,
    name: row.name,
    region: row.region,
    hardware: row.hardware,
    cachePolicy: { keepBytes: Number(row.keep_bytes), keepDays: row.keep_days },
    imageRetention: { keepDays: row.image_keep_days, keepCount: row.image_keep_count },
    createdAt: row.created_at,
  };
}
