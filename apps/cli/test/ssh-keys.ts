import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runProgram } from "@opendepot/testing";

/** Makes a key without a passphrase, and tells its public line. */
export async function makeSshKey(path: string): Promise<string> {
  const { code, stderr } = await runProgram(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", path]);
  assert.equal(code, 0, stderr);
  return await readFile(`${path}.pub`, "utf8");
}

/** An agent that holds a key. Disposing ends it. */
export interface SshAgent extends AsyncDisposable {
  /** For `SSH_AUTH_SOCK`. */
  readonly socket: string;
}

/** Starts OpenSSH's agent, with its socket in `folder`, and gives it a key. */
export async function startSshAgent(folder: string, key: string): Promise<SshAgent> {
  const socket = join(folder, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(agent, "close");
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(async () => {
    agent.kill();
    await ended;
  });
  // It says where it listens once it does.
  await once(createInterface(agent.stdout), "line");
  const env = { PATH: process.env["PATH"], SSH_AUTH_SOCK: socket };
  const { code, stderr } = await runProgram(["ssh-add", "-q", key], { env });
  assert.equal(code, 0, stderr);
  const owned = cleanup.move();
  return { socket, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
