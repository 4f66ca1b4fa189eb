import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TestClient } from "./test-client.ts";

/** A registry that is a process of its own. Disposing kills it. */
export interface RegistryProcess extends AsyncDisposable {
  readonly client: TestClient;
  readonly url: URL;
  /** What it has written to its standard error. */
  log(): string;
  /** Ends it as a power cut would, in the middle of whatever it does. */
  kill(): Promise<void>;
}

/** Starts one on a database and a folder, which outlive it. */
export async function startRegistryProcess(place: {
  readonly connectionString: string;
  readonly folder: string;
}): Promise<RegistryProcess> {
  const args = [join(import.meta.dirname, "serve.ts"), place.connectionString, place.folder];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  child.stdin.on("error", () => undefined);
  const ended = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, "line"), ended]);
  lines.close();
  if (typeof first[0] !== "string" || !first[0].startsWith("http")) {
    await kill();
    throw new Error(`the registry does not start:\n${log}`);
  }
  const url = new URL(first[0]);
  const client = new TestClient({ url, username: "anybody", password: "" });
  return { client, url, log: () => log, kill, [Symbol.asyncDispose]: kill };
}
