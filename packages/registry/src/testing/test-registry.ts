import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestPostgres } from "@opendepot/testing";
import type { BlobStore } from "../blobs/blob-store.ts";
import { openFolderStore } from "../blobs/folder/folder-store.ts";
import { openRegistryDatabase, type RegistryDatabase } from "../metadata/open-database.ts";
import type { RegistryTables } from "../metadata/tables.ts";
import type { RegistryOptions } from "../options.ts";
import { openRegistry, type Registry } from "../registry.ts";
import { type RegistryServer, serveRegistry } from "../server.ts";
import { FixedAccess } from "./fixed-access.ts";

/** A registry on loopback, with a PostgreSQL and a folder of its own. Disposing stops it and removes everything. */
export interface TestRegistryServer extends AsyncDisposable {
  /** `127.0.0.1:port`, the beginning of image names; it speaks plain HTTP. */
  readonly host: string;
  readonly url: URL;
  /** May do everything everywhere, unless the test gives an access of its own. */
  readonly username: string;
  readonly password: string;
  readonly registry: Registry;
  readonly database: RegistryDatabase;
  readonly connectionString: string;
  readonly blobs: BlobStore;
  /** Where the blobs are. */
  readonly folder: string;
}

/** What a test may choose: everything that {@link openRegistry} takes, and where the bytes are. */
export type TestRegistryOptions = Partial<Omit<RegistryOptions<RegistryTables>, "database">> & {
  /** On this folder instead of a new one; it stays. */
  readonly folder?: string | undefined;
  /** On this database instead of a new one; it stays. */
  readonly connectionString?: string | undefined;
  readonly port?: number | undefined;
};

const USERNAME = "x-token";
const PASSWORD = "test-password";

/** Starts a registry as it is, for tests of those who use one. */
export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistryServer> {
  await using cleanup = new AsyncDisposableStack();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "od-registry-")));
  if (options.folder === undefined) cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const connectionString = options.connectionString ?? cleanup.use(await startTestPostgres()).connectionString;
  const database = cleanup.use(await openRegistryDatabase({ connectionString }));
  const blobs = options.blobs ?? cleanup.use(await openFolderStore({ folder }));
  const access = new FixedAccess({ [USERNAME]: { password: PASSWORD, rights: { "*": ["pull", "push", "delete"] } } });
  const registry = cleanup.use(await openRegistry({ access, ...options, database: database.query, blobs }));
  const server: RegistryServer = cleanup.use(await serveRegistry(registry, { port: options.port }));
  // What runs is ended before the server waits for it.
  cleanup.defer(() => registry[Symbol.asyncDispose]());
  const owned = cleanup.move();
  return {
    host: server.host,
    url: server.url,
    username: USERNAME,
    password: PASSWORD,
    registry,
    database,
    connectionString,
    blobs,
    folder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
