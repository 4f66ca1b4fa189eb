import { isProblem } from "@opendepot/base";
import { type ManagedPostgres, startManagedPostgres } from "@opendepot/postgres";
import pg from "pg";
import type { TestPostgres, TestTemplate } from "./postgres.ts";
import { discardCachedCluster, useCachedCluster } from "./postgres-cluster-cache.ts";
import { makeScratchFolder } from "./scratch-folder.ts";

/** One server with many databases. Disposing stops it and removes its files. */
export interface TestServer extends AsyncDisposable {
  /** The name of a database prepared for `createDatabase`; prepared on the first call for `template.name`. */
  templateFor(template: TestTemplate): Promise<string>;
  /** Copies the database `from`, or makes an empty one. */
  createDatabase(from?: string): Promise<TestPostgres>;
}

/** What is lost when the machine loses power is of no interest here. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "200",
};

/** Starts a server on files of its own. */
export async function openTestServer(): Promise<TestServer> {
  await using cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await makeScratchFolder("postgres"));
  await useCachedCluster(folder.path, settings);
  const postgres = cleanup.use(await startOn(folder.path));
  const admin = new pg.Client({ connectionString: postgres.connectionString });
  admin.on("error", () => undefined); // a server that dies makes the next statement fail
  await admin.connect();
  cleanup.defer(() => admin.end());
  return new OpenServer(postgres, admin, cleanup.move());
}

/** The kept files may stem from another version, or from a run that was cut off with the machine. */
async function startOn(dataDir: string): Promise<ManagedPostgres> {
  try {
    return await startManagedPostgres({ dataDir, settings });
  } catch (error) {
    if (!isProblem(error, "postgres_version_mismatch") && !isProblem(error, "data_dir_corrupted")) throw error;
    await discardCachedCluster(dataDir);
    return await startManagedPostgres({ dataDir, settings });
  }
}

class OpenServer implements TestServer {
  readonly #postgres: ManagedPostgres;
  readonly #admin: pg.Client;
  readonly #owned: AsyncDisposableStack;
  readonly #templates = new Map<string, Promise<string>>();
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(postgres: ManagedPostgres, admin: pg.Client, owned: AsyncDisposableStack) {
    this.#postgres = postgres;
    this.#admin = admin;
    this.#owned = owned;
  }

  async templateFor({ name, prepare }: TestTemplate): Promise<string> {
    const known = this.#templates.get(name);
    if (known) return await known;
    const prepared = this.#prepareTemplate(prepare);
    this.#templates.set(name, prepared);
    prepared.catch(() => this.#templates.delete(name));
    return await prepared;
  }

  async createDatabase(from = "template0"): Promise<TestPostgres> {
    const name = `test_${++this.#count}`;
    await this.#run(`create database ${name} template ${from} strategy file_copy`);
    const drop = (): Promise<void> => this.#run(`drop database if exists ${name} with (force)`);
    return { connectionString: this.#urlOf(name), [Symbol.asyncDispose]: drop };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #prepareTemplate(prepare: TestTemplate["prepare"]): Promise<string> {
    const database = await this.createDatabase();
    await prepare(database.connectionString);
    return new URL(database.connectionString).pathname.slice(1);
  }

  /** One statement after the other, as `pg` wants them on one connection. */
  async #run(statement: string): Promise<void> {
    const mine = this.#last.then(() => this.#admin.query(statement));
    this.#last = mine.catch(() => undefined);
    await mine;
  }

  #urlOf(database: string): string {
    const url = new URL(this.#postgres.connectionString);
    url.pathname = `/${database}`;
    return url.href;
  }
}
