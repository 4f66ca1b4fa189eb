/**
 * The main job, end to end, on this machine: starts a server in the background, creates a project and builds
 * `examples/hello` twice with `depot build`. Not interactive, may be repeated, leaves the server running
 * (`npm run stop` stops it). Everything it makes lies below `.opendepot/`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isProblem, Problem } from "@opendepot/base";
import { bundleCli } from "./bundle-cli.ts";
import { depot, depotServer, provideBusybox, root, stateFolder } from "./quickstart/house.ts";

const example = join(root, "examples/hello");

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of ours; with `show`, the person sees what it says while it runs. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv, show = false): Promise<Outcome> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (show) process.stdout.write(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (show) process.stderr.write(text);
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  return { code: code ?? 1, stdout, stderr };
}

async function mustRun(what: string, argv: readonly string[], env: NodeJS.ProcessEnv, show = false): Promise<Outcome> {
  const outcome = await run(argv, env, show);
  if (outcome.code === 0) return outcome;
  if (!show) process.stderr.write(outcome.stderr);
  throw new Problem("quickstart_failed", `${what} failed (exit code ${outcome.code})`, {
    hint: `the lines above say why; the server's log is ${join(stateFolder, "server.log")}`,
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function chooseProject(env: NodeJS.ProcessEnv): Promise<string> {
  const listed = await mustRun("listing projects", [...depot, "list", "projects", "--output", "json"], env);
  const projects: Array<{ id?: string; projectId?: string; name?: string }> = JSON.parse(listed.stdout || "[]");
  const known = projects.find(({ name }) => name === "hello");
  if (known) return known.id ?? known.projectId ?? "";
  await mustRun("creating a project", [...depot, "projects", "create", "hello"], env);
  return await chooseProject(env);
}

/** The names of the steps of examples/hello that a build did not find in the cache. */
function uncachedSteps(plain: string): string[] {
  const names = new Map(
    [...plain.matchAll(/^#(\d+) (\[(?!internal\]|depot\]|context )[^\n]*)$/gm)].map((match) => [
      match[1],
      match[2] ?? "",
    ]),
  );
  const cached = new Set([...plain.matchAll(/^#(\d+) CACHED$/gm)].map((match) => match[1]));
  return [...names].flatMap(([number, name]) => (cached.has(number) ? [] : [name]));
}

async function quickstart(): Promise<void> {
  mkdirSync(stateFolder, { recursive: true });
  await bundleCli();
  say("=> starting depot-server (the first time, this installs an engine: a minute or so)");
  await mustRun("starting the server", [...depotServer, "start", "--detach", "--data-dir", stateFolder], {}, true);

  const instance: { publicUrl: string } = JSON.parse(readFileSync(join(stateFolder, "server.json"), "utf8"));
  const token = readFileSync(join(stateFolder, "admin-token"), "utf8").trim();
  const env = { DEPOT_API_URL: instance.publicUrl, DEPOT_TOKEN: token };
  const project = await chooseProject(env);
  const busybox = await provideBusybox(say);
  const key = join(stateFolder, "signing-key.txt");
  if (!existsSync(key)) writeFileSync(key, "only for the example\n", { mode: 0o600 });

  const build = [
    ...[...depot, "build", "--project", project, "--progress", "plain", "--build-context", `busybox=${busybox}`],
    ...["--secret", `id=signing_key,src=${key}`, "-t", "hello", example],
  ];
  say("\n=> first build\n");
  await mustRun("the first build", build, env, true);
  say("\n=> second build: nothing has changed\n");
  const second = await mustRun("the second build", build, env, true);
  const uncached = uncachedSteps(second.stderr);
  if (uncached.length > 0) {
    throw new Problem("quickstart_not_cached", `the second build ran again: ${uncached.join(", ")}`, {
      hint: "the builder's cache was emptied in between; run npm run quickstart again",
    });
  }
  const url = /https?:\/\/\S+\/builds\/\S+/.exec(second.stderr)?.[0];
  say(`
Done: every step of the second build came from the cache.

  The build's page     ${url}
                       user x-token, password: the token in ${join(stateFolder, "admin-token")}
  Your own Dockerfile  export DEPOT_API_URL=${instance.publicUrl}
                       export DEPOT_TOKEN=$(cat ${join(stateFolder, "admin-token")})
                       ${depot.join(" ")} build --project ${project} PATH
  Stop the server      npm run stop`);
}

try {
  await quickstart();
} catch (error) {
  if (!isProblem(error)) throw error;
  process.stderr.write(`error: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ""}`);
  process.exitCode = 1;
}
