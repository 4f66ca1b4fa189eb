import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex } from "node:stream";
import type { DockerAddress } from "./address.ts";

const MAX_COMPLAINT_BYTES = 4 * 1024;

/** How ssh is run. */
export interface SshOptions {
  /** Default: `ssh` on the PATH of `environment`. */
  readonly command?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens a connection to the Docker of another machine: a process whose standard input and output are the socket
 * (docker/cli `cli/connhelper/ssh`). Destroying the stream ends the process.
 */
export async function openSsh(address: DockerAddress & { kind: "ssh" }, options: SshOptions): Promise<Duplex> {
  const { host, user, port, socket } = address;
  const login = [...(user === undefined ? [] : ["-l", user]), ...(port === undefined ? [] : ["-p", String(port)])];
  const remote = [
    "docker",
    ...(socket === undefined ? [] : ["--host", quote(`unix://${socket}`)]),
    "system",
    "dial-stdio",
  ];
  // BatchMode: nobody answers questions in the middle of a build.
  const args = ["-o", "ConnectTimeout=30", "-o", "BatchMode=yes", "-T", ...login, "--", host, ...remote];
  const child = spawn(options.command ?? "ssh", args, {
    env: { ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  await once(child, "spawn");
  return new StdioSocket(child);
}

/** It goes through the other machine's shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A process that `node:http` takes for a socket. */
class StdioSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #complaint = "";

  constructor(child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: true });
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT_BYTES);
    });
    child.stdout.on("readable", () => this._read());
    child.stdin.on("error", () => undefined); // told by its end
    child.on("error", (error) => this.destroy(error));
    child.on("close", (code) => this.#closed(code));
  }

  override _read(): void {
    for (;;) {
      const chunk: Buffer | null = this.#child.stdout.read();
      if (chunk === null || !this.push(chunk)) return;
    }
  }

  override _write(chunk: Uint8Array, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  #closed(code: number | null): void {
    this._read();
    if (code === 0) this.push(null);
    else {
      const words = this.#complaint.trim().split("\n").at(-1) || `it ended with ${code ?? "a signal"}`;
      this.destroy(Object.assign(new Error(`ssh: ${words}`), { code: "ECONNREFUSED" }));
    }
  }

  // What node:http calls on sockets, and what means nothing here.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    this.#child.ref();
    return this;
  }
  unref(): this {
    this.#child.unref();
    return this;
  }
}
