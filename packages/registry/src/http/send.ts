import type { TakePiece } from "../blobs/blob-store.ts";
import { clientTooSlow } from "../problems.ts";
import type { Exchange } from "./exchange.ts";
import type { RegistryResponse } from "./messages.ts";

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** What clients put into a registry is not to be taken for a page of this host. */
const COMMON: Headers = {
  "docker-distribution-api-version": "registry/2.0",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; sandbox",
};

/** An answer without a body. */
export function sendEmpty(exchange: Exchange, status: number, headers: Headers = {}): void {
  begin(exchange.response, status, status === 204 || status === 304 ? headers : { "content-length": "0", ...headers });
  exchange.response.end();
}

/** An answer with a body that is at hand; HEAD gets its headers only. */
export function sendBytes(exchange: Exchange, status: number, bytes: Uint8Array, headers: Headers): void {
  begin(exchange.response, status, { "content-length": String(bytes.byteLength), ...headers });
  if (exchange.method === "HEAD") exchange.response.end();
  else exchange.response.end(bytes);
}

export function sendJson(exchange: Exchange, status: number, value: unknown, headers: Headers = {}): void {
  const bytes = Buffer.from(JSON.stringify(value));
  sendBytes(exchange, status, bytes, { "content-type": "application/json", ...headers });
}

/**
 * Sends `stream` as fast as the client takes it, and cuts one that takes nothing for a while. The answer begins with the
 * first piece: until then, what `stream` throws is the answer.
 */
export async function sendStream(
  exchange: Exchange,
  status: number,
  stream: AsyncIterable<Uint8Array>,
  headers: Headers,
): Promise<void> {
  const { response, left } = exchange;
  const start = (): void => {
    if (!response.headersSent) begin(response, status, headers);
  };
  for await (const piece of stream) {
    if (left.aborted) return;
    start();
    if (!writeTo(response, piece)) await drained(exchange);
  }
  start();
  response.end();
}

/**
 * Sends what `pass` hands out, each piece as fast as the client takes it, and cuts one that takes nothing for a while.
 * The answer begins with the first piece: until then, what `pass` throws is the answer.
 */
export async function sendPieces(
  exchange: Exchange,
  status: number,
  headers: Headers,
  pass: (take: TakePiece) => Promise<void>,
): Promise<void> {
  const { response, left } = exchange;
  const start = (): void => {
    if (!response.headersSent) begin(response, status, headers);
  };
  try {
    await pass(async (piece) => {
      start();
      await written(exchange, piece);
    });
  } catch (error) {
    if (left.aborted) return;
    throw error;
  }
  start();
  response.end();
}

/** Until all of the piece has left this process, or the client has gone. */
async function written({ response, left, context }: Exchange, piece: Uint8Array): Promise<void> {
  const { idleMs } = context.limits;
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => settle(new Error("the client has gone", { cause: left.reason }));
    const settle = (error?: Error | null): void => {
      clearTimeout(timer);
      left.removeEventListener("abort", fail);
      if (error) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => {
      const reason = clientTooSlow(idleMs);
      settle(reason);
      response.destroy(reason);
    }, idleMs);
    if (left.aborted) return fail();
    left.addEventListener("abort", fail);
    if ("stream" in response) response.write(piece, settle);
    else response.write(piece, settle);
  });
}

/** The two kinds of responses have no common signature for this. */
function writeTo(response: RegistryResponse, piece: Uint8Array): boolean {
  return "stream" in response ? response.write(piece) : response.write(piece);
}

function begin(response: RegistryResponse, status: number, headers: Headers): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...COMMON, ...headers })) response.setHeader(name, value);
}

/** Until the client takes more, or has gone. */
async function drained({ response, left, context }: Exchange): Promise<void> {
  const { idleMs } = context.limits;
  if (left.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      response.off("drain", settle);
      left.removeEventListener("abort", settle);
      resolve();
    };
    const timer = setTimeout(() => {
      const reason = clientTooSlow(idleMs);
      reject(reason);
      response.destroy(reason);
    }, idleMs);
    response.on("drain", settle);
    left.addEventListener("abort", settle);
  });
}
