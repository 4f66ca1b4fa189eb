import { createHash } from "node:crypto";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProblem, messageOf, Problem } from "@opendepot/base";

/** What the server answers on its socket for administration: JSON in, JSON out, by name. */
export type ControlMethods = Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

/** The longest name that a unix socket can have, less a margin. */
const MAX_SOCKET_PATH = 100;
const MAX_BODY = 64 * 1024;
const TIMEOUT_MS = 10_000;

/** Where the socket is: in the data folder, or in the temporary folder when that name is too long. */
export function controlSocketOf(dataDir: string): string {
  const path = join(dataDir, "server.sock");
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  return join(tmpdir(), `opendepot-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}.sock`);
}

/** Serves administration to the user that the server runs as: the file's mode is the permission. */
export async function serveControl(path: string, methods: ControlMethods): Promise<AsyncDisposable> {
  const server = createServer((incoming, outgoing) => {
    answer(methods, incoming).then(
      (result) => outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result)),
      (error: unknown) => outgoing.writeHead(400).end(JSON.stringify(toJson(error))),
    );
  });
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  await chmod(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * Asks a running server.
 *
 * @throws {Problem} the server's own, or the system's error when it does not answer
 */
export async function callControl<Result>(
  path: string,
  method: string,
  input: unknown = {},
  { timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): Promise<Result> {
  const { status, body } = await post(path, { method, input: JSON.stringify(input), timeoutMs });
  const json = JSON.parse(body) as { code?: string; message?: string; hint?: string };
  if (status === 200) return json as Result;
  throw new Problem(json.code ?? "control_failed", json.message ?? "the server refused", { hint: json.hint });
}

function post(
  socketPath: string,
  { method, input, timeoutMs }: { readonly method: string; readonly input: string; readonly timeoutMs: number },
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, path: `/${method}`, method: "POST", timeout: timeoutMs };
    const call = request(options, (response) => {
      readBody(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
    call.once("error", reject);
    call.once("timeout", () => call.destroy(new Error("the server does not answer")));
    call.end(input);
  });
}

async function answer(methods: ControlMethods, incoming: IncomingMessage): Promise<unknown> {
  const name = (incoming.url ?? "").slice(1);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw new Problem("control_unknown", `unknown method ${JSON.stringify(name)}`);
  return method(JSON.parse((await readBody(incoming)) || "{}"));
}

async function readBody(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY && stream.method === "POST") throw new Problem("control_too_long", "the request is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toJson(error: unknown): { code: string; message: string; hint?: string | undefined } {
  if (isProblem(error)) return { code: error.code, message: error.message, hint: error.hint };
  return { code: "control_failed", message: messageOf(error) };
}
