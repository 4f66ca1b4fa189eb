import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { runProgram } from "./run-program.ts";
import { prepareTestTools } from "./tools.ts";

const START_MS = 20_000;
const STOP_MS = 5_000;

/** A real registry on loopback, empty at first. Disposing stops it and removes what it holds. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, the beginning of image names; it speaks plain HTTP. */
  readonly host: string;
  readonly url: string;
  /** What it has logged so far, requests among it. */
  log(): string;
}

/** What a test registry is started with. */
export interface TestRegistryOptions {
  /** Lets in nobody else. Default: everybody may do everything. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/**
 * Starts the registry of the distribution project, as Debian packages it. The test disposes of it.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function startRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { registry } = await prepareTestTools();
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "od-registry-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const host = `127.0.0.1:${await freePort()}`;
  const config = path.join(folder, "config.json");
  await writeFile(config, JSON.stringify(await configOf(folder, host, options)));
  const child = spawn(registry, ["serve", config], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const ended = once(child, "close");
  cleanup.defer(async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  });
  const deadline = Date.now() + START_MS;
  while (!(await answers(`http://${host}/v2/`))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the registry does not start:\n${log}`);
    await sleep(20);
  }
  const owned = cleanup.move();
  return { host, url: `http://${host}`, log: () => log, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Its configuration is YAML, of which JSON is a part. */
async function configOf(folder: string, host: string, { login }: TestRegistryOptions): Promise<unknown> {
  const htpasswd = path.join(folder, "htpasswd");
  if (login) await writeFile(htpasswd, `${login.username}:${await bcrypt(login.password)}\n`);
  return {
    version: 0.1,
    log: { level: "info", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: path.join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host },
    ...(login ? { auth: { htpasswd: { realm: "test", path: htpasswd } } } : {}),
  };
}

/** The one hash that it takes. */
async function bcrypt(password: string): Promise<string> {
  const script = 'print crypt($ARGV[0], q($2y$05$) . q(abcdefghijklmnopqrstuu)), "\\n"';
  const { code, stdout, stderr } = await runProgram(["perl", "-e", script, password]);
  if (code !== 0) throw new Error(`no bcrypt: ${stderr}`);
  return stdout.trim();
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
