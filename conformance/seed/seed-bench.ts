import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ProgramOutcome,
  prepareTestTools,
  runProgram,
  startDockerd,
  startRegistry,
  startTestServer,
  type TestDockerd,
  type TestRegistry,
  type TestServer,
  testBaseImage,
  type testEngineKinds,
} from "@opendepot/testing";
import { createProject, makeWorkFolder, root } from "../support.ts";

type EngineKind = Awaited<ReturnType<typeof testEngineKinds>>[number];

/** What a user of the commands has: a server, a registry, a Docker and a project in a folder. */
export interface SeedBench extends AsyncDisposable {
  readonly server: TestServer;
  readonly registry: TestRegistry;
  readonly docker: TestDockerd;
  readonly projectId: string;
  /** The working folder of the commands, with a `Dockerfile` and a static `busybox`. */
  readonly folder: string;
  /** Runs a command line by a shell in which `depot` is ours. */
  run(command: string, env?: Readonly<Record<string, string>>): Promise<ProgramOutcome>;
  /** Writes a file into the working folder. */
  write(name: string, text: string): Promise<void>;
  /** Reads JSON from the registry: `inspect --raw NAME`, `inspect --config --raw NAME`. */
  skopeo(...args: readonly string[]): Promise<Record<string, unknown>>;
}

/** A stage `base` with a shell. */
export const BASE =
  'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n';

/** Starts everything; disposing stops it. */
export async function openSeedBench(engine: EngineKind): Promise<SeedBench> {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(await startTestServer({ engine }));
  const registry = cleanup.use(await startRegistry());
  const docker = cleanup.use(await startDockerd({ store: "containerd" }));
  const home = cleanup.use(await makeWorkFolder());
  const projectId = await createProject(server, "seed");
  const { skopeo } = await prepareTestTools();
  const [bin, folder] = [join(home.path, "bin"), join(home.path, "work")];
  await mkdir(bin);
  await mkdir(folder);
  await copyFile(join(await testBaseImage(), "busybox"), join(folder, "busybox"));
  await chmod(join(folder, "busybox"), 0o755);
  const script = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "apps/cli/bin/depot.js")}" "$@"\n`;
  await writeFile(join(bin, "depot"), script, { mode: 0o755 });
  const environment = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: home.path,
    DEPOT_RUN_SOURCES: "1",
    DEPOT_API_URL: server.url,
    DEPOT_TOKEN: server.token,
    DEPOT_PROJECT_ID: projectId,
    DOCKER_HOST: docker.host,
    BUILDKIT_PROGRESS: "plain",
  };
  const owned = cleanup.move();
  return {
    server,
    registry,
    docker,
    projectId,
    folder,
    run: (command, env) => runProgram(["sh", "-c", command], { cwd: folder, env: { ...environment, ...env } }),
    write: (name, text) => writeFile(join(folder, name), text),
    skopeo: async (...args) => {
      const [verb = "", ...rest] = args;
      const words = [...rest.slice(0, -1), "--tls-verify=false", `docker://${rest.at(-1)}`];
      const { code, stdout, stderr } = await runProgram([skopeo, verb, ...words]);
      if (code !== 0) throw new Error(`skopeo ${args.join(" ")}: ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
