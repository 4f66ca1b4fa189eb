import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isProblem, systemClock } from "@opendepot/base";
import { findBinaries } from "./binaries.ts";
import { prepareCluster } from "./cluster.ts";
import { openConnection } from "./connection.ts";
import { type ManagedPostgresOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { stopOrphan } from "./orphan.ts";
import { chooseUser } from "./os-user.ts";
import { takeOwnership } from "./owner-lock.ts";
import { dataDirUnusable, postgresExited } from "./problems.ts";
import { startServer } from "./ready.ts";
import type { ServerProcess, SpawnServerOptions } from "./server-process.ts";
import { startWatchdog } from "./watchdog.ts";

const remainsLimitMs = 5_000;
const remainsPollMs = 100;

/** A running PostgreSQL that belongs to this process. Disposing stops it and lets go of the data folder. */
export interface ManagedPostgres extends AsyncDisposable {
  /**
   * The database `postgres` as its superuser, over a Unix socket that only this process's user and root can
   * reach. Understood by `pg` and `psql`. It holds no secret.
   */
  readonly connectionString: string;
  /** The server's process id. */
  readonly pid: number;
  /** Aborts with the problem `postgres_exited` when the server ends on its own; not when it is disposed of. */
  readonly exited: AbortSignal;
}

/**
 * Starts a PostgreSQL server on `dataDir`, and makes the database at the first start.
 *
 * It listens on a Unix socket in the data folder and nowhere else. As root it runs as another user, who
 * needs no way through the folders above. The folder belongs to one live process; a server that a killed
 * owner left running is stopped first. Nothing that was acknowledged is lost by `kill -9` of either.
 *
 * The caller disposes of the result, and may do so more than once.
 *
 * @throws {Problem} `data_dir_in_use` naming the pid, `data_dir_unusable`, `data_dir_corrupted`, `disk_full`,
 * `postgres_missing`, `postgres_unusable`, `postgres_no_user`, `postgres_version_mismatch`,
 * `postgres_start_timeout`, `postgres_start_failed`; the signal's reason. Nothing runs any more then.
 */
export async function startManagedPostgres(options: ManagedPostgresOptions): Promise<ManagedPostgres> {
  const resolved = resolveOptions(options);
  resolved.signal?.throwIfAborted();
  await using cleanup = new AsyncDisposableStack();
  try {
    await mkdir(resolved.dataDir, { recursive: true, mode: 0o711 });
    cleanup.use(await takeOwnership(resolved.dataDir));
    const prepared = await prepare(resolved);
    const connection = cleanup.use(await openConnection(prepared.clusterDir));
    const server = cleanup.use(await startAfterRemains(prepared));
    cleanup.use(startWatchdog(server, prepared.user));
    return toManaged(server, connection.connectionString, cleanup.move());
  } catch (error) {
    resolved.signal?.throwIfAborted();
    throw isSystemError(error) ? dataDirUnusable(resolved.dataDir, error) : error;
  }
}

/** Everything that comes before the server itself. */
async function prepare(options: ResolvedOptions): Promise<Omit<SpawnServerOptions, "onLine">> {
  const { dataDir, logger, signal, stopTimeoutMs } = options;
  const clusterDir = join(dataDir, "cluster");
  const user = await chooseUser({ clusterDir, logger, signal });
  const binaries = await findBinaries({ sources: options.binaries, dataDir, user, signal });
  const stale = await stopOrphan({ dataDir, clusterDir, stopTimeoutMs, logger, signal });
  const sync = options.settings["fsync"] !== "off";
  await prepareCluster({ clusterDir, binaries, user, sync, logger, signal });
  return { options, clusterDir, binaries, user, stalePid: stale?.pid };
}

/** When a server was killed, its sessions may hold the shared memory for a moment longer. */
async function startAfterRemains(start: Omit<SpawnServerOptions, "onLine">): Promise<ServerProcess> {
  const deadline = performance.now() + remainsLimitMs;
  for (;;) {
    try {
      return await startServer(start);
    } catch (error) {
      if (!isProblem(error, "data_dir_in_use") || performance.now() > deadline) throw error;
      await systemClock.sleep(remainsPollMs, start.options.signal);
    }
  }
}

function toManaged(server: ServerProcess, connectionString: string, owned: AsyncDisposableStack): ManagedPostgres {
  const exited = new AbortController();
  let stopping: Promise<void> | undefined;
  void server.ended.then((how) => {
    if (stopping === undefined) exited.abort(postgresExited(how, server.lastLines()));
  });
  const stop = (): Promise<void> => {
    stopping ??= owned.disposeAsync();
    return stopping;
  };
  return { connectionString, pid: server.pid, exited: exited.signal, [Symbol.asyncDispose]: stop };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "errno" in error && !isProblem(error);
}
