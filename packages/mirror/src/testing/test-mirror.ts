import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@opendepot/base";
import { startTestPostgres } from "@opendepot/testing";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { migrateMirror } from "../metadata/migrate.ts";
import type { MirrorTables } from "../metadata/tables.ts";
import { type Mirror, openMirror } from "../mirror.ts";
import type { MirrorOptions } from "../options.ts";

/** A mirror on loopback, with a database and a folder of its own. Disposing stops it and removes everything. */
export interface TestMirror extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly folder: string;
  readonly connectionString: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Where an upstream's repositories are for an organization: append `/NAME/manifests/TAG`. */
  url(upstream: string, organization?: string): string;
  /** Adds an upstream on loopback. */
  add(host: string, options?: TestUpstream): Promise<void>;
}

/** How a test's upstream is reached. */
export interface TestUpstream {
  readonly organization?: string;
  readonly username?: string;
  readonly password?: string;
  readonly allowsPrivate?: boolean;
  readonly tokenHost?: string;
}

/** What a test may choose. */
export type TestMirrorOptions = Partial<Omit<MirrorOptions<MirrorTables>, "database">> & {
  /** To go on where another one stopped. */
  readonly on?: { readonly folder: string; readonly connectionString: string };
};

/** Starts a mirror whose doors are `door-ORGANIZATION`. The test disposes of it. */
export async function startTestMirror({ on, ...options }: TestMirrorOptions = {}): Promise<TestMirror> {
  await using cleanup = new AsyncDisposableStack();
  const folder = on?.folder ?? (await mkdtemp(join(tmpdir(), "od-mirror-")));
  if (!on) cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const connectionString = on?.connectionString ?? cleanup.use(await startTestPostgres()).connectionString;
  const pool = new pg.Pool({ connectionString });
  // The server cuts what is still idle when the database is dropped.
  pool.on("error", () => undefined);
  const database = new Kysely<MirrorTables>({ dialect: new PostgresDialect({ pool }) });
  cleanup.defer(() => database.destroy());
  await migrateMirror(database);
  const doors = (door: string): string | undefined => /^door-(.+)$/.exec(door)?.[1];
  const mirror = cleanup.use(await openMirror({ folder, ...options, database }, doors));
  const server = createServer((request, response) => {
    if (mirror.owns(request.url ?? "")) void mirror.handle(request, response);
    else response.writeHead(request.url === "/v2/" ? 200 : 404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const owned = cleanup.move();
  return {
    ...{ mirror, folder, connectionString, host },
    url: (upstream, organization = "acme") => `http://${host}/v2/mirror/door-${organization}/${upstream}`,
    add: async (upstream, { organization = "", username, password = "", ...more } = {}) => {
      const login = username === undefined ? undefined : { username, password: new Secret(password) };
      const usual = { allowsPrivate: true, isPlainHttp: true, tokenHost: undefined };
      await mirror.put({ ...usual, ...more, host: upstream, organization, login });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
