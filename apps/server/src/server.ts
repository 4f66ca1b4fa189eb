import { join } from "node:path";
import { type Clock, type Logger, systemClock } from "@opendepot/base";
import type { BuilderProvider } from "@opendepot/builder";
import { type Authority, createAuthority, openAuthority, startGateway } from "@opendepot/gateway";
import { startManagedPostgres } from "@opendepot/postgres";
import { sql } from "kysely";
import { addressesOf, hostPort } from "./addresses.ts";
import { issueToken, type TokenRequest } from "./admin-tokens.ts";
import type { Addresses, ApiDeps } from "./api/deps.ts";
import { bootstrap } from "./bootstrap.ts";
import { BuilderPool, type OpenRoutes } from "./builders/pool.ts";
import { BuildCertificates } from "./builds/certificates.ts";
import { cutBuilds } from "./builds/cut.ts";
import { BuildEnds } from "./builds/ends.ts";
import { StartFailures } from "./builds/start-failures.ts";
import { SWEEP_EVERY_MS, Sweep } from "./builds/sweep.ts";
import type { TrustAnchor } from "./commands/ca.ts";
import { isWildcard, type ResolvedServer } from "./config.ts";
import { type Database, openDatabase } from "./database/open.ts";
import { createGatewayHost } from "./gateway-host.ts";
import { CopyTurns } from "./images/copy-turns.ts";
import { mayPushTo } from "./images/push-targets.ts";
import { controlSocketOf, serveControl } from "./instance/control-socket.ts";
import { type InstanceFile, writeInstanceFile } from "./instance/instance-file.ts";
import { lockDataDir } from "./instance/lock.ts";
import { createHttpHandler } from "./listen/http.ts";
import { listenOnePort, type OnePort } from "./listen/one-port.ts";
import { type TlsIdentity, tlsSource } from "./listen/tls.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { BuilderMirror } from "./mirror/builder-mirror.ts";
import { mirrorControl } from "./mirror/control.ts";
import { startPeriodic } from "./periodic.ts";
import { listenFailed, serverDraining } from "./problems.ts";
import { registryHostOf } from "./registry/image-names.ts";
import { openSavedImages, type SavedImages } from "./registry/open-registry.ts";
import { StatusRecorder } from "./status/recorder.ts";
import { reportStatus } from "./status-report.ts";
import { createStores, type Stores } from "./store/stores.ts";
import { VERSION } from "./version.ts";

/** What a server is given by the process that runs it. */
export interface ServerParts {
  readonly logger: Logger;
  /** Opens the place where builders run; the server disposes of it. */
  readonly openProvider: (logger: Logger, signal: AbortSignal | undefined) => Promise<BuilderProvider>;
  readonly clock?: Clock;
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal | undefined;
  /** Where a managed PostgreSQL's programs are looked for, besides its own: the value of PATH. */
  readonly path?: string | undefined;
  /** `HTTP_PROXY` and so on, for what the server itself fetches. */
  readonly proxies?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A running server. Disposing stops it at once; {@link Server.drain} first lets builds end. */
export interface Server extends AsyncDisposable {
  /** Where the API answers on this machine. */
  readonly url: string;
  readonly addresses: Addresses;
  /** This start has created the first user, whose token is in the data folder (`adminTokenFile`). */
  readonly isNew: boolean;
  /** Aborts when the server cannot go on, for instance because its database has gone. */
  readonly failed: AbortSignal;
  /** Takes no new builds and resolves when none is left, or rejects with the signal's reason. */
  drain(signal: AbortSignal): Promise<void>;
  /** Cuts the builds that still run, and gives their clients a moment to say how they ended. */
  cut(): Promise<void>;
}

/** Builds may take so long: their tokens and certificates end with it. */
const MAX_BUILD_MS = 24 * 3_600_000;
/** A call that asks for a builder waits so long for one that starts. */
const HOLD_MS = 4000;
const IDLE_LOOK_MS = 5000;
const DRAIN_LOOK_MS = 100;
const TLS_RENEW_MS = 3_600_000;

/**
 * Starts everything that `depot-server` is: database, builders, gateway, API. What was started is stopped again when
 * something fails.
 *
 * @throws {Problem} `already_running`, `listen_failed`, `gateway_listen_failed`, those of the database and of the provider
 */
export async function startServer(resolved: ResolvedServer, parts: ServerParts): Promise<Server> {
  const clock = parts.clock ?? systemClock;
  const { logger, proxies } = parts;
  await using stack = new AsyncDisposableStack();
  stack.use(await lockDataDir(resolved.dataDir));
  stack.defer(() => logger.info("server stopped"));
  const failed = new AbortController();
  const database = await openStorage(resolved, parts, { stack, failed });
  const stores = createStores(database.query);
  await stores.builders.markAllStopped(clock.now());
  const isNew = await bootstrap(database, { dataDir: resolved.dataDir, clock });
  const authority = await loadAuthority(stores, clock);
  const mirror = stack.use(
    await BuilderMirror.open({ resolved, database: database.query, caPem: authority.caPem, proxies, clock, logger }),
  );
  const core = await startCore(resolved, { ...parts, clock }, { stack, stores, mirror });
  const host = createGatewayHost({ ...stores, ...core, logger });
  const gateway = stack.use(await startGateway({ listen: resolved.gatewayListen, authority, host, logger }));

  let addresses: Addresses | undefined;
  const registryHost = (): string => registryHostOf(addresses?.publicUrl ?? "");
  const saved = await openSavedImages(
    {
      place: resolved.blobPlace,
      publicUrl: resolved.publicUrl,
      query: database.query,
      stores,
      registryHost,
      clock,
      logger,
    },
    stack,
  );
  const tls = tlsSource(resolved.tls, { authority, names: namesOf(resolved) });
  const port = stack.use(
    await listen(resolved, { logger, tls: await tls?.() }, (own) => {
      addresses = addressesOf(resolved, { api: own, gateway: gateway.address });
      mirror.announce({ listening: own, publicUrl: addresses.publicUrl });
      return createHttpHandler({
        api: createApiDeps({ addresses, authority, clock, core, saved, logger, stores, resolved }),
        registry: saved.registry,
        mirror: mirror.mirror,
        metrics: core.metrics,
        isReady: async () => {
          await sql`select 1`.execute(database.query);
          return !core.draining.signal.aborted;
        },
      });
    }),
  );
  if (!addresses) throw new Error("the handler was not made");
  startLoops(stack, { stores, core, clock, logger });
  if (tls) {
    const round = async (): Promise<void> => port.renew(await tls());
    stack.use(startPeriodic({ name: "certificate", everyMs: TLS_RENEW_MS, round, clock, logger }));
  }
  const instance = describeInstance(resolved, { port, addresses, now: clock.now() });
  await serveAdministration(stack, { resolved, instance, authority, stores, core, mirror, clock });
  logger.info("server started", { url: instance.url, gateway: instance.gateway, version: VERSION });
  const owned = stack.move();
  return {
    ...{ url: instance.url, addresses, isNew, failed: failed.signal },
    drain: (signal) => drain({ stores, core, clock }, signal),
    cut: () => cutBuilds({ ...core, builds: stores.builds, clock, logger, onEnded: core.metrics.countEnded }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The parts that know of builds and builders while the server runs. */
interface Core {
  readonly pool: BuilderPool;
  readonly recorder: StatusRecorder;
  readonly ends: BuildEnds;
  readonly failures: StartFailures;
  readonly turns: CopyTurns;
  readonly metrics: Metrics;
  readonly draining: AbortController;
}

async function openStorage(
  { databaseUrl, dataDir }: ResolvedServer,
  { logger, signal, path }: ServerParts,
  { stack, failed }: { stack: AsyncDisposableStack; failed: AbortController },
): Promise<Database> {
  if (databaseUrl !== undefined) return stack.use(await openDatabase({ connectionString: databaseUrl, logger }));
  const postgres = stack.use(
    await startManagedPostgres({ dataDir: join(dataDir, "postgres"), logger, signal, binaries: { path } }),
  );
  postgres.exited.addEventListener("abort", () => failed.abort(postgres.exited.reason), { once: true });
  return stack.use(await openDatabase({ connectionString: postgres.connectionString, logger }));
}

async function loadAuthority({ authority }: Stores, clock: Clock): Promise<Authority> {
  const stored = await authority.find();
  return openAuthority(stored ?? (await authority.insertOnce(await createAuthority(), clock.now())));
}

async function startCore(
  { idleTimeoutMs, copiesAtOnce }: ResolvedServer,
  { logger, openProvider, clock, signal }: ServerParts & { clock: Clock },
  { stack, stores, mirror }: { stack: AsyncDisposableStack; stores: Stores; mirror: BuilderMirror },
): Promise<Core> {
  const { builders, projects, steps } = stores;
  const provider = stack.use(await openProvider(logger, signal));
  const openRoutes = (organizationId: string): Promise<OpenRoutes> => mirror.openRoutes(organizationId);
  const common = { provider, builders, projects, clock, logger };
  const pool = stack.use(new BuilderPool({ ...common, openRoutes, idleTimeoutMs }));
  const recorder = stack.use(new StatusRecorder({ steps, clock, logger }));
  const turns = new CopyTurns({ atOnce: copiesAtOnce, clock });
  const metrics = createMetrics();
  metrics.watch({
    openBuilds: () => stores.builds.countOpen(),
    runningBuilders: () => pool.size,
    heldStatusBytes: () => recorder.heldBytes,
    copies: () => turns,
    mirror: () => mirror.mirror.stats(),
  });
  const draining = new AbortController();
  return { pool, recorder, turns, metrics, draining, ends: new BuildEnds(), failures: new StartFailures() };
}

async function listen(
  { listen: { host, port } }: ResolvedServer,
  { logger, tls }: { logger: Logger; tls: TlsIdentity | undefined },
  createHandler: Parameters<typeof listenOnePort>[0]["createHandler"],
): Promise<OnePort> {
  try {
    return await listenOnePort({ host, port, createHandler, logger, tls });
  } catch (error) {
    throw listenFailed(hostPort({ host, port }), error);
  }
}

/** What clients may call this server. */
function namesOf({ listen: { host }, publicUrl }: ResolvedServer): string[] {
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, "$1")];
  return [...new Set([...publicName, ...(isWildcard(host) ? [] : [host]), "localhost", "127.0.0.1", "::1"])];
}

function createApiDeps(made: {
  readonly addresses: Addresses;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly core: Core;
  readonly saved: SavedImages;
  readonly logger: Logger;
  readonly stores: Stores;
  readonly resolved: Pick<ResolvedServer, "pushTargets" | "plainHttpRegistries">;
}): ApiDeps {
  const { core, clock, logger, saved, stores } = made;
  const { pushTargets, plainHttpRegistries } = made.resolved;
  const { builds, leases, projects } = stores;
  const { ends, failures, pool, recorder, turns, metrics } = core;
  const allows = (host: string, address: string): boolean => mayPushTo(pushTargets, host, address);
  return {
    ...{ stores, pool, recorder, clock, logger, addresses: made.addresses },
    images: saved.images,
    copies: { content: saved.registry.content, allows, plainHttp: plainHttpRegistries, turns },
    caPem: made.authority.caPem,
    certificates: new BuildCertificates(made.authority),
    create: { builds, projects, clock, draining: core.draining.signal, maxBuildMs: MAX_BUILD_MS },
    connect: { leases, pool, failures, clock, holdMs: HOLD_MS },
    finish: { builds, ends, failures, clock, logger, onEnded: (state) => metrics.countEnded(state) },
  };
}

function startLoops(
  stack: AsyncDisposableStack,
  { stores, core, clock, logger }: { stores: Stores; core: Core; clock: Clock; logger: Logger },
): void {
  const { ends, failures, metrics, pool } = core;
  const onEnded = (state: string): void => metrics.countEnded(state);
  const sweep = new Sweep({ builds: stores.builds, ends, failures, clock, logger, onEnded });
  const common = { clock, logger };
  stack.use(startPeriodic({ ...common, name: "sweep", everyMs: SWEEP_EVERY_MS, round: () => sweep.round() }));
  stack.use(startPeriodic({ ...common, name: "idle builders", everyMs: IDLE_LOOK_MS, round: () => pool.stopIdle() }));
}

function describeInstance(
  { dataDir, drainTimeoutMs, tls }: ResolvedServer,
  { port, addresses, now }: { port: OnePort; addresses: Addresses; now: Date },
): InstanceFile {
  const reachable = isWildcard(port.host) ? "127.0.0.1" : port.host;
  return {
    pid: process.pid,
    version: VERSION,
    startedAt: now.toISOString(),
    url: `${tls.kind === "off" ? "http" : "https"}://${hostPort({ host: reachable, port: port.port })}`,
    ...{ publicUrl: addresses.publicUrl, gateway: addresses.gateway, drainTimeoutMs },
    controlSocket: controlSocketOf(dataDir),
  };
}

async function serveAdministration(
  stack: AsyncDisposableStack,
  made: {
    readonly resolved: ResolvedServer;
    readonly instance: InstanceFile;
    readonly authority: Authority;
    readonly stores: Stores;
    readonly core: Core;
    readonly mirror: BuilderMirror;
    readonly clock: Clock;
  },
): Promise<void> {
  const { resolved, instance, authority, stores, core, mirror, clock } = made;
  const report = {
    ...{ stores, clock, pool: core.pool, draining: core.draining.signal, dataDir: resolved.dataDir },
    isDatabaseManaged: resolved.databaseUrl === undefined,
  };
  stack.use(
    await serveControl(instance.controlSocket, {
      status: () => reportStatus(report, instance),
      ca: async () =>
        ({
          caPem: authority.caPem,
          url: instance.publicUrl,
          isServed: resolved.tls.kind === "own",
        }) satisfies TrustAnchor,
      "create-token": (input) => issueToken({ stores, clock }, input as TokenRequest),
      ...mirrorControl(mirror, stores.organizations),
    }),
  );
  stack.use(await writeInstanceFile(resolved.dataDir, instance));
}

async function drain(
  { stores, core, clock }: { stores: Stores; core: Core; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  core.draining.abort(serverDraining());
  while ((await stores.builds.countOpen()) > 0) await clock.sleep(DRAIN_LOOK_MS, signal);
}
