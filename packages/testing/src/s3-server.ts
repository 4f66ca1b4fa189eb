import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { prepareTestS3, type S3Program } from "./s3-program.ts";

const START_MS = 60_000;
const STOP_MS = 5_000;

/** A real server that speaks S3, on loopback, with one empty bucket. Disposing stops it and removes what it holds. */
export interface TestS3Server extends AsyncDisposable {
  readonly endpoint: URL;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether what it has acknowledged is there after a restart. */
  readonly keepsBytes: boolean;
  /** Whether a wrong key is refused. */
  readonly checksKeys: boolean;
  /** Kills it the hard way; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, at the same address. */
  restart(): Promise<void>;
}

/** Where a test server keeps its bytes. */
export interface TestS3Options {
  /** A folder of the test's own that can hold extended attributes. Default: a new one, removed afterwards. */
  readonly folder?: string | undefined;
}

/**
 * Starts the server that {@link prepareTestS3} has found. The test disposes of it.
 *
 * @throws {Error} where none can be had, or with its output when it does not start
 */
export async function startTestS3(options: TestS3Options = {}): Promise<TestS3Server> {
  const program = await prepareTestS3();
  await using cleanup = new AsyncDisposableStack();
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), "od-s3-")));
  if (options.folder === undefined) cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const server = new RunningServer(program, folder, await freePort());
  cleanup.defer(() => server.stop());
  await server.start();
  const owned = cleanup.move();
  return {
    endpoint: server.endpoint,
    bucket: server.bucket,
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    keepsBytes: program.kind === "versitygw",
    checksKeys: program.kind === "versitygw",
    kill: () => server.kill(),
    restart: () => server.start(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

class RunningServer {
  readonly endpoint: URL;
  readonly bucket = "test-bucket";
  readonly accessKeyId = "test";
  readonly secretAccessKey: string = randomBytes(16).toString("hex");
  readonly #program: S3Program;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(program: S3Program, folder: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.endpoint = new URL(`http://127.0.0.1:${port}`);
  }

  async start(): Promise<void> {
    const { kind, path: program } = this.#program;
    // A folder there is a bucket for versitygw.
    await mkdir(path.join(this.#folder, this.bucket), { recursive: true });
    const child = spawn(program, this.#arguments(), {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ROOT_ACCESS_KEY: this.accessKeyId, ROOT_SECRET_KEY: this.secretAccessKey },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-100_000);
      });
    }
    await this.#untilItAnswers(child);
    if (kind === "moto") await fetch(new URL(`/${this.bucket}`, this.endpoint), { method: "PUT" });
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  #arguments(): string[] {
    if (this.#program.kind === "moto") return ["--host", "127.0.0.1", "--port", `${this.#port}`];
    return ["--port", `127.0.0.1:${this.#port}`, "--keep-alive", "--quiet", "posix", this.#folder];
  }

  async #untilItAnswers(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const answer = await fetch(this.endpoint).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer) return;
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${this.#program.kind} does not start:\n${this.#output}`);
      }
      await sleep(20);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill(signal);
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await closed;
    clearTimeout(force);
  }
}
