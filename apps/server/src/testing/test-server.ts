import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type Clock, type Logger, silentLogger, systemClock } from "@opendepot/base";
import type { BuilderProvider } from "@opendepot/builder";
import { startTestPostgres } from "@opendepot/testing";
import { resolveServer } from "../config.ts";
import { adminTokenFile } from "../instance/admin-token-file.ts";
import { type Server, startServer } from "../server.ts";
import type { SettingTexts } from "../settings.ts";
import { FakeProvider } from "./fake-provider.ts";
import { MIGRATED } from "./test-database.ts";

/** A whole server on free ports, with its own database and folder. */
export interface TestServer<Provider extends BuilderProvider> extends AsyncDisposable {
  readonly server: Server;
  readonly provider: Provider;
  readonly url: string;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly adminToken: string;
  /** A client over HTTP/2 with protobuf, as the hosted product's CLI; `token` is the admin's unless given. */
  client<Service extends DescService>(service: Service, options?: ClientOptions): Client<Service>;
}

/** How to call. */
export interface ClientOptions {
  /** Null: without a token. */
  readonly token?: string | null;
  /** Default: `2`, with protobuf; `1.1` speaks JSON. */
  readonly httpVersion?: "1.1" | "2";
  /** What to trust, of a server with TLS; PEM. */
  readonly caPem?: string | undefined;
}

/** What a test may choose. */
export interface TestServerOptions<Provider extends BuilderProvider> {
  readonly openProvider?: (dataDir: string) => Promise<Provider>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly settings?: SettingTexts;
  /** To start again where another test server stopped. */
  readonly on?: { readonly dataDir: string; readonly databaseUrl: string };
}

/** Starts a server whose builders have no engines. */
export async function startFakeServer(
  options: TestServerOptions<FakeProvider> = {},
): Promise<TestServer<FakeProvider>> {
  return startTestServer({ openProvider: async () => new FakeProvider(), ...options });
}

/** Starts a server for a test, which disposes of it. */
export async function startTestServer<Provider extends BuilderProvider>(
  options: TestServerOptions<Provider> & { readonly openProvider: (dataDir: string) => Promise<Provider> },
): Promise<TestServer<Provider>> {
  await using stack = new AsyncDisposableStack();
  const dataDir = options.on?.dataDir ?? (await makeFolder(stack));
  const databaseUrl =
    options.on?.databaseUrl ?? stack.use(await startTestPostgres({ template: MIGRATED })).connectionString;
  const texts = { listen: "127.0.0.1:0", gatewayListen: "127.0.0.1:0", dataDir, databaseUrl, ...options.settings };
  const resolved = resolveServer(texts, { env: {}, cwd: "/", homeDir: "/nonexistent", isRoot: false });
  const provider = await options.openProvider(dataDir);
  const server = stack.use(
    await startServer(resolved, {
      logger: options.logger ?? silentLogger,
      clock: options.clock ?? systemClock,
      openProvider: async () => provider,
    }),
  );
  const adminToken = (await readFile(adminTokenFile(dataDir), "utf8")).trim();
  const owned = stack.move();
  return {
    ...{ server, provider, dataDir, databaseUrl, adminToken, url: server.url },
    client: (service, how = {}) => createClient(service, createTransport(server.url, { token: adminToken, ...how })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function makeFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "depot-server-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function createTransport(baseUrl: string, { token, httpVersion = "2", caPem }: ClientOptions) {
  const nodeOptions = caPem === undefined ? {} : { ca: caPem };
  const authorize: Interceptor = (next) => async (request) => {
    if (token) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const interceptors = [authorize];
  if (httpVersion === "1.1")
    return createConnectTransport({ baseUrl, httpVersion, interceptors, nodeOptions, useBinaryFormat: false });
  // Sessions close soon after their last call, so that no test leaves one open.
  return createConnectTransport({ baseUrl, httpVersion, interceptors, nodeOptions, idleConnectionTimeoutMs: 50 });
}
