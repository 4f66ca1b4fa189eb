import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram, startTestServer, type TestServer, type TestServerOptions } from "@opendepot/testing";
import { type DepotOptions, type DepotOutcome, runDepot } from "./run-depot.ts";

/** A server with one project, and a `depot` that is set up for both. Disposing stops the server. */
export interface TestDepot extends AsyncDisposable {
  readonly server: TestServer;
  readonly projectId: string;
  /** Runs `depot …` to its end, whatever that is. */
  run(args: readonly string[], options?: DepotOptions): Promise<DepotOutcome>;
  /** Runs `depot build --progress plain …`, which is to succeed. */
  build(args: readonly string[], options?: DepotOptions): Promise<DepotOutcome>;
  /** How the newest build ended. */
  newestStatus(): Promise<string | undefined>;
}

/** Starts a server, with more flags of its own where they are given, and makes a project. */
export async function openDepot(engine: TestServerOptions["engine"], flags?: readonly string[]): Promise<TestDepot> {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(await startTestServer({ engine, flags }));
  const trust = server.url.startsWith("https:") ? { SSL_CERT_FILE: await writeAuthority(server) } : {};
  const connected = { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, ...trust };
  const created = await runDepot(["projects", "create", "app"], { env: connected });
  const projectId = /Project ID:\s+(\S+)/.exec(created.stdout)?.[1] ?? assert.fail(created.stderr);
  const run: TestDepot["run"] = (args, options = {}) =>
    runDepot(args, { ...options, env: { ...connected, DEPOT_PROJECT_ID: projectId, ...options.env } });
  const owned = cleanup.move();
  return {
    server,
    projectId,
    run,
    build: async (args, options) => {
      const outcome = await run(["build", "--progress", "plain", ...args], options);
      assert.equal(outcome.code, 0, outcome.stderr);
      return outcome;
    },
    newestStatus: async () => {
      const { stdout } = await run(["list", "builds", "--output", "json"]);
      return (JSON.parse(stdout) as { status: string }[]).at(0)?.status;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The file that clients of a server with a certificate of its own authority have to trust. */
async function writeAuthority({ dataDir }: TestServer): Promise<string> {
  const executable = join(import.meta.dirname, "../../server/bin/depot-server.js");
  const { stdout } = await runProgram([process.execPath, executable, "ca", "--data-dir", dataDir]);
  const file = join(dataDir, "depot-ca.pem");
  await writeFile(file, stdout);
  return file;
}
