import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { clientTooSlow } from "../problems.ts";

/** A request of HTTP/1.1 or HTTP/2. */
export type MirrorRequest = IncomingMessage | Http2ServerRequest;

/** Its response. */
export type MirrorResponse = ServerResponse | Http2ServerResponse;

/** What upstreams send is not to be taken for a page of this host. */
const COMMON = {
  "docker-distribution-api-version": "registry/2.0",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; sandbox",
  "cache-control": "no-store",
};

/** Sends status and headers. */
export function begin(response: MirrorResponse, status: number, headers: Readonly<Record<string, string>>): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...COMMON, ...headers })) response.setHeader(name, value);
}

/** Sends a whole answer; HEAD gets its headers only. */
export function send(
  response: MirrorResponse,
  {
    status,
    headers,
    body,
  }: { status: number; headers: Readonly<Record<string, string>>; body: Uint8Array | undefined },
): void {
  begin(response, status, headers);
  if (body === undefined) response.end();
  else response.end(body);
}

/** Sends pieces as fast as the client takes them, and cuts one that takes nothing for a while. Tells how many bytes went. */
export async function sendPieces(
  response: MirrorResponse,
  pieces: AsyncIterable<Uint8Array>,
  { idleMs }: { readonly idleMs: number },
): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) {
    if (response.destroyed) return bytes;
    bytes += piece.length;
    const isTaken = "stream" in response ? response.write(piece) : response.write(piece);
    if (!isTaken) await drained(response, idleMs);
  }
  response.end();
  return bytes;
}

async function drained(response: MirrorResponse, idleMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(clientTooSlow(idleMs)), idleMs);
  response.once("drain", resolve);
  response.once("close", resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    response.off("drain", resolve);
    response.off("close", resolve);
  }
}
