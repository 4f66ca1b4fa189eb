import { setImmediate as tick } from "node:timers/promises";
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import pg from "pg";
import type { BlobStore } from "../blobs/blob-store.ts";
import { openFolderStore } from "../blobs/folder/folder-store.ts";
import type { Choices } from "../blobs/testing/random.ts";
import type { RegistryTables } from "../metadata/tables.ts";
import type { RegistryOptions } from "../options.ts";
import { openRegistry, type Registry } from "../registry.ts";
import { type RegistryServer, serveRegistry } from "../server.ts";

/** One of several registries on one database and one folder, which a test can let die at any moment. */
export interface Replica extends AsyncDisposable {
  readonly url: URL;
  readonly registry: Registry;
  /** Nothing that it does reaches the database or the store from now on, and what it was doing there breaks off. */
  crash(): Promise<void>;
}

/** What replicas share. */
export interface ReplicaOptions extends Omit<RegistryOptions<RegistryTables>, "database" | "blobs"> {
  readonly connectionString: string;
  readonly folder: string;
  /** Delays each step of the replica by some moments. */
  readonly choices: Choices;
}

const MAX_TICKS = 12;

/** Starts a replica whose every step, in the database and in the store, takes a moment that `choices` choose. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { connectionString, folder, choices, ...rest } = options;
  const life = { isOver: false };
  const step = async (): Promise<void> => {
    for (let left = choices.below(MAX_TICKS); left > 0; left--) await tick();
    if (life.isOver) throw new Error("crashed");
  };
  await using cleanup = new AsyncDisposableStack();
  const name = `replica-${Math.random().toString(36).slice(2)}`;
  const pool = new pg.Pool({ connectionString, max: 8, application_name: name });
  pool.on("error", () => undefined);
  const database = new Kysely<RegistryTables>({ dialect: new PostgresDialect({ pool: stepping(pool, step) }) });
  cleanup.defer(() => database.destroy());
  const store = cleanup.use(await openFolderStore({ folder }));
  const registry = cleanup.use(await openRegistry({ ...rest, database, blobs: steppingStore(store, step) }));
  const server: RegistryServer = cleanup.use(await serveRegistry(registry));
  cleanup.defer(() => registry[Symbol.asyncDispose]());
  const owned = cleanup.move();
  return {
    url: server.url,
    registry,
    crash: async () => {
      life.isOver = true;
      const admin = new pg.Client({ connectionString });
      await admin.connect();
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name]);
      await admin.end();
      await owned.disposeAsync();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Step = () => Promise<void>;

/** Each statement takes a moment, so that others come in between those of one transaction, too. */
function stepping(pool: pg.Pool, step: Step): PostgresPool {
  return {
    options: {},
    connect: async () => {
      await step();
      const client = await pool.connect();
      client.on("error", ignore);
      return new Proxy(client, {
        get: (target, key) => {
          if (key === "release") {
            return () => {
              target.off("error", ignore);
              target.release();
            };
          }
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== "function") return value;
          if (key !== "query") return value.bind(target);
          return async (...args: unknown[]) => {
            await step();
            return await Reflect.apply(value, target, args);
          };
        },
      }) as never;
    },
    end: () => pool.end(),
  };
}

function ignore(): void {}

function steppingStore(store: BlobStore, step: Step): BlobStore {
  return new Proxy(store, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      // Listing brings an iterable, at once.
      if (key === "blobs" || key === "uploads" || typeof key === "symbol") return value.bind(target);
      return async (...args: unknown[]) => {
        await step();
        const result: unknown = await Reflect.apply(value, target, args);
        await step();
        return result;
      };
    },
  });
}

/** Whether everything that a database says to be there is whole: manifests have their blobs, and blobs their bytes. */
export async function findDamage(database: Kysely<RegistryTables>, store: BlobStore): Promise<string[]> {
  const { rows } = await sql<{ repository: string; manifest: string; blob: string; size: string }>`
    select repository.name as repository, used.manifest, used.blob, blob.size
    from registry.manifest_blobs used
    join registry.repositories repository on repository.id = used.repository_id
    left join registry.blob_links link on link.repository_id = used.repository_id and link.digest = used.blob
    left join registry.blobs blob on blob.digest = link.digest`.execute(database);
  const damage: string[] = [];
  for (const { repository, manifest, blob, size } of rows) {
    const stat = await store.stat(blob);
    if (stat?.size === Number(size)) continue;
    const still = await sql`
      select from registry.manifest_blobs used join registry.repositories repository on repository.id = used.repository_id
      where repository.name = ${repository} and used.manifest = ${manifest} and used.blob = ${blob}`.execute(database);
    if (still.rows.length > 0) damage.push(`${repository}@${manifest} lacks ${blob}`);
  }
  return damage;
}
