import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildkitClient, openBuildkit } from "@opendepot/buildkit";
import {
  prepareTestTools,
  runProgram,
  startTestServer,
  type TestDockerd,
  testBaseImage,
  testBuildx,
} from "@opendepot/testing";
import type { Contender } from "./measure.ts";

const root = join(import.meta.dirname, "..");

/** Everybody's names in the tables. */
export const NAMES = {
  buildx: "docker buildx (remote driver, direct)",
  direct: "depot (direct)",
  served: "depot (server, gateway)",
  hosted: "hosted product's CLI (our server)",
  compose: "docker compose (remote driver, direct)",
  distribution: "distribution 2.8",
  registry: "our registry",
  rebuild: "depot build --no-cache --push",
  savedPush: "depot push",
} as const;

/** Who builds single targets. */
export type Builder = "buildx" | "direct" | "served" | "hosted";

/** One engine, and every contender's way to it. */
export interface World extends AsyncDisposable {
  /** Straight to the engine, to prepare it between runs. */
  readonly engine: BuildkitClient;
  readonly folder: string;
  /** `build …` by each contender on the same engine, named as in {@link NAMES}. */
  contender(name: Builder, buildArguments: readonly string[]): Contender;
  /** `bake …`, likewise. */
  baker(name: Builder, bakeArguments: readonly string[], cwd: string): Contender;
  /** `docker compose …` on the same engine, for a Docker beside it. */
  composer(
    composeArguments: readonly string[],
    place: { readonly dockerd: TestDockerd; readonly cwd: string },
  ): Promise<Contender>;
  /** The server's registry, over plain HTTP, and a token for all of it. */
  readonly registry: { readonly host: string; readonly token: string };
  /** The process that serves it. */
  readonly serverPid: number;
  /** The id of the project that is built in. */
  readonly project: string;
  /** Makes another project; its id. */
  createProject(name: string): Promise<string>;
  /** `depot …` against the server. */
  command(commandArguments: readonly string[]): readonly string[];
  /** Arguments that build a copy of examples/hello. */
  readonly hello: readonly string[];
}

/** Starts a server with a `buildkitd` and points every contender at that one engine. */
export async function openWorld(): Promise<World> {
  await using cleanup = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "od-bench-"));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = cleanup.use(await startTestServer({ engine: "buildkitd", flags: ["--idle-timeout", "never"] }));
  const environment = { HOME: folder, PATH: process.env["PATH"], DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token };
  const depot = [process.execPath, installDepot(folder)];
  const project = await createProject("bench", depot, environment);
  const hello = await writeHello(folder);

  const served: Contender = { name: NAMES.served, argv: [...depot, "build", "--project", project], env: environment };
  const first = await runProgram([...served.argv, ...hello], { env: environment });
  if (first.code !== 0) throw new Error(`the first build failed:\n${first.stderr}`);
  const [socket] = globSync(`${server.dataDir}/run/*/buildkitd.sock`);
  if (!socket) throw new Error(`no engine's socket below ${server.dataDir}/run`);
  const engine = cleanup.use(await openBuildkit({ kind: "unix", path: socket }, {}));
  const buildx = await testBuildx();
  const created = await runProgram([buildx, "create", "--name", "bench", "--driver", "remote", `unix://${socket}`], {
    env: environment,
  });
  if (created.code !== 0) throw new Error(`docker buildx cannot use the engine:\n${created.stderr}`);

  const ways: Record<Builder, Contender> = {
    served,
    buildx: { name: NAMES.buildx, argv: [buildx, "build", "--builder", "bench"], env: environment },
    direct: {
      name: NAMES.direct,
      argv: [...depot, "build"],
      env: { ...environment, DEPOT_BUILDKIT_ADDRESS: `unix://${socket}` },
    },
    hosted: {
      name: NAMES.hosted,
      argv: [join(root, "node_modules/@depot/cli-linux-x64/bin/depot"), "build", "--project", project],
      env: { ...environment, DEPOT_NO_UPDATE_NOTIFIER: "1", DEPOT_DISABLE_OTEL: "1", DEPOT_ERROR_TELEMETRY: "0" },
    },
  };
  const owned = cleanup.move();
  return {
    engine,
    folder,
    hello,
    project,
    serverPid: JSON.parse(readFileSync(join(server.dataDir, "server.json"), "utf8")).pid,
    registry: { host: new URL(server.url).host, token: server.token },
    createProject: (name) => createProject(name, depot, environment),
    command: (commandArguments) => [...depot, ...commandArguments],
    contender: (name, buildArguments) => ({
      ...ways[name],
      argv: [...ways[name].argv, "--progress", "plain", ...buildArguments],
    }),
    baker: (name, bakeArguments, cwd) => ({
      ...ways[name],
      argv: [...ways[name].argv.map((word) => (word === "build" ? "bake" : word)), ...bakeArguments],
      cwd,
    }),
    composer: async (composeArguments, { dockerd, cwd }) => {
      const { docker } = await prepareTestTools();
      const into = { DOCKER_HOST: dockerd.host, DOCKER_CONFIG: dockerd.configFolder };
      const env = { ...environment, ...into, BUILDX_CONFIG: join(folder, ".docker/buildx"), BUILDX_BUILDER: "bench" };
      return { name: NAMES.compose, argv: [docker, "compose", ...composeArguments], env, cwd };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The command as it is shipped: the launcher and the bundle, without sources that the bundle might be older than. */
function installDepot(folder: string): string {
  const installed = join(folder, "depot");
  for (const part of ["bin", "dist"]) cpSync(join(root, "apps/cli", part), join(installed, part), { recursive: true });
  return join(installed, "bin/depot.js");
}

async function createProject(name: string, depot: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const created = await runProgram([...depot, "projects", "create", name], { env });
  const project = /Project ID:\s+(\S+)/.exec(created.stdout)?.[1];
  if (!project) throw new Error(`no project was created:\n${created.stderr}`);
  return project;
}

async function writeHello(folder: string): Promise<string[]> {
  const context = join(folder, "hello");
  mkdirSync(context);
  cpSync(join(root, "examples/hello"), context, { recursive: true });
  const key = join(folder, "key.txt");
  writeFileSync(key, "key\n");
  return ["--build-context", `busybox=${await testBaseImage()}`, "--secret", `id=signing_key,src=${key}`, context];
}
