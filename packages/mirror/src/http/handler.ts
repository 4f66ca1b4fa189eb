import { anySignal, type Problem } from "@opendepot/base";
import type { Digest } from "@opendepot/oci";
import { openBlob, sizeOfBlob } from "../content/blobs.ts";
import type { Manifests } from "../content/manifests.ts";
import type { Source } from "../content/place.ts";
import type { Context } from "../context.ts";
import { contentMissing, methodUnsupported, mirrorClosing, upstreamUnknown } from "../problems.ts";
import { begin, type MirrorRequest, type MirrorResponse, send, sendPieces } from "./messages.ts";
import { parsePart } from "./range.ts";
import { reasonOf, refusalOf } from "./refusal.ts";
import { parseRoute, type Route } from "./route.ts";

/** Tells which organization a door in a path belongs to; undefined if there is no such door. */
export type Doors = (door: string) => string | undefined;

/** What requests are answered with. */
export interface HandlerParts {
  readonly context: Context;
  readonly manifests: Manifests;
  readonly doors: Doors;
}

interface Exchange extends HandlerParts {
  readonly request: MirrorRequest;
  readonly response: MirrorResponse;
  readonly isHead: boolean;
  /** Aborts when the client has gone, or the mirror is closed. */
  readonly signal: AbortSignal;
}

/** Answers one request, whatever comes of it. Neither path nor door is ever logged. */
export async function handle(parts: HandlerParts, request: MirrorRequest, response: MirrorResponse): Promise<void> {
  const { context } = parts;
  const left = new AbortController();
  const onClose = (): void => left.abort(new Error("the client has gone"));
  response.once("close", onClose);
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  request.resume();
  const method = (request.method ?? "GET").toUpperCase();
  const signal = anySignal(left.signal, context.closing);
  const exchange: Exchange = { ...parts, request, response, isHead: method === "HEAD", signal };
  let route: Route | undefined;
  try {
    if (context.closing.aborted) throw mirrorClosing();
    if (method !== "GET" && method !== "HEAD") throw methodUnsupported(method);
    route = parseRoute(request.url?.split("?", 1)[0] ?? "/");
    const organization = route && parts.doors(route.door);
    if (!route || organization === undefined) throw contentMissing("such content");
    await answer(exchange, route, await sourceOf(context, route, organization));
  } catch (error) {
    refuse(exchange, route, error);
  } finally {
    response.off("close", onClose);
  }
}

async function sourceOf({ entries }: Context, { host, repository }: Route, organization: string): Promise<Source> {
  const upstream = await entries.find(host, organization);
  if (!upstream) throw upstreamUnknown(host);
  return { scope: upstream.scope, host, repository, upstream };
}

async function answer(exchange: Exchange, { kind, reference }: Route, source: Source): Promise<void> {
  if (kind === "manifest") await sendManifest(exchange, source, reference);
  else await sendBlob(exchange, source, reference as Digest); // the route has seen to it
}

/** OCI distribution-spec v1.1, "Pulling manifests". */
async function sendManifest(exchange: Exchange, source: Source, reference: string): Promise<void> {
  const { isHead, manifests, response, signal } = exchange;
  const manifest = await manifests.get(source, { reference, isHead, signal });
  const headers = {
    "content-type": manifest.mediaType,
    "content-length": String(manifest.size),
    "docker-content-digest": manifest.digest,
    etag: `"${manifest.digest}"`,
    // RFC 9111 section 5.5 has it no longer, but everybody knows what it means.
    ...(manifest.staleBecause === undefined ? {} : { warning: '110 depot-mirror "the upstream does not answer"' }),
  };
  send(response, { status: 200, headers, body: isHead ? undefined : manifest.bytes });
}

/** "Pulling blobs". */
async function sendBlob(exchange: Exchange, source: Source, digest: Digest): Promise<void> {
  const { context, isHead, request, response, signal } = exchange;
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    etag: `"${digest}"`,
  };
  const lengthOf = (size: number | undefined): Record<string, string> =>
    size === undefined ? {} : { "content-length": String(size) };
  if (isHead) {
    const length = lengthOf(await sizeOfBlob(context, source, digest));
    return send(response, { status: 200, headers: { ...headers, ...length }, body: undefined });
  }
  await using blob = await openBlob(context, source, digest);
  const { size } = blob;
  const part = size === undefined ? undefined : parsePart(request.headers.range, size);
  begin(response, part ? 206 : 200, {
    ...headers,
    ...lengthOf(part ? part.end - part.start : size),
    ...(part ? { "content-range": `bytes ${part.start}-${part.end - 1}/${size}` } : {}),
  });
  const pieces = blob.read(part?.start ?? 0, part?.end, signal);
  context.counters.servedBytes += await sendPieces(response, pieces, context);
}

function refuse({ context, isHead, response }: Exchange, route: Route | undefined, error: unknown): void {
  const refusal = refusalOf(error, route?.host ?? "");
  if (refusal.status === 401) {
    context.counters.refused += 1;
    const { code, reason } = reasonOf(error);
    const fields = { upstream: route?.host, repository: route?.repository, code, reason };
    if (code === undefined && !response.destroyed) context.logger.error("a request of the mirror failed", fields);
    else context.logger.info("left to the upstream itself", fields);
  }
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy(error as Problem); // a broken answer must not look like a whole one
    return;
  }
  const body = Buffer.from(refusal.body);
  const headers = { ...refusal.headers, "content-length": String(body.length) };
  send(response, { status: refusal.status, headers, body: isHead ? undefined : body });
}
