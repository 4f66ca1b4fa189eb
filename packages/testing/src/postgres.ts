import { acquireOr } from "@opendepot/base";
import { openTestServer, type TestServer } from "./postgres-server.ts";

/** A fresh database. Disposing cuts its sessions and drops it. */
export interface TestPostgres extends AsyncDisposable {
  /** Understood by `pg` and `psql`. */
  readonly connectionString: string;
}

/** Fills a database once, for many to be copied from. */
export interface TestTemplate {
  /** Tells the templates of one process apart. */
  readonly name: string;
  /** Creates what each copy shall have, such as the schema, and closes its connections. */
  readonly prepare: (connectionString: string) => Promise<void>;
}

/** What {@link startTestPostgres} takes. */
export interface TestPostgresOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: an empty database. */
  readonly template?: TestTemplate | undefined;
}

/** How long the server waits for the next test after the last database was disposed of. */
const lingerMs = 100;

/**
 * A fresh database on a real PostgreSQL, the same server for all tests of a process: started for the first
 * database and stopped soon after the last one was disposed of. It does not wait for the disk.
 *
 * @throws the problems of `startManagedPostgres`, what `prepare` throws, the signal's reason
 */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const { signal, template } = options;
  signal?.throwIfAborted();
  const opening = openDatabase(template);
  return signal === undefined ? await opening : await acquireOr(opening, signal);
}

async function openDatabase(template: TestTemplate | undefined): Promise<TestPostgres> {
  await using cleanup = new AsyncDisposableStack();
  const server = await cleanup.use(shareServer()).server;
  const from = template === undefined ? undefined : await server.templateFor(template);
  const database = cleanup.use(await server.createDatabase(from));
  const owned = cleanup.move();
  return { connectionString: database.connectionString, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Shared {
  readonly server: Promise<TestServer>;
  users: number;
  lingering?: NodeJS.Timeout | undefined;
}

let current: Shared | undefined;

/** Counts a user of the process's server in, and out again when disposed of. */
function shareServer(): AsyncDisposable & Pick<Shared, "server"> {
  current ??= { server: openTestServer(), users: 0 };
  const shared = current;
  shared.users += 1;
  clearTimeout(shared.lingering);
  shared.server.catch(() => forget(shared));
  const leave = async (): Promise<void> => {
    shared.users -= 1;
    if (shared.users === 0) shared.lingering = setTimeout(() => close(shared), lingerMs);
  };
  return { server: shared.server, [Symbol.asyncDispose]: leave };
}

function close(shared: Shared): void {
  forget(shared);
  // A server that never came up has already told those who waited for it.
  shared.server.then((server) => server[Symbol.asyncDispose]()).catch(() => undefined);
}

function forget(shared: Shared): void {
  if (current === shared) current = undefined;
}
