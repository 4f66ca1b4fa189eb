import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of HTTP/1.1 or HTTP/2. */
export type RegistryRequest = IncomingMessage | Http2ServerRequest;

/** Its response. */
export type RegistryResponse = ServerResponse | Http2ServerResponse;

/** Whether the request carries a body, be it empty. */
export function mayHaveBody(request: RegistryRequest): boolean {
  if (request.headers["content-length"] === "0") return false;
  if ("stream" in request) return !request.stream.endAfterHeaders;
  return request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
}

/** The announced bytes of the body; undefined when they are not known. */
export function contentLength(request: RegistryRequest): number | undefined {
  const length = request.headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

/** What the client calls the server: `host:port`. */
export function hostOf(request: RegistryRequest): string | undefined {
  return "stream" in request ? (request.authority ?? request.headers.host) : request.headers.host;
}

/** Whether the client came over TLS to this very process. */
export function isEncrypted(request: RegistryRequest): boolean {
  return "encrypted" in request.socket && request.socket.encrypted === true;
}
