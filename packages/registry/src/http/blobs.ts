import type { UpstreamBlob } from "../content/upstream.ts";
import type { BlobLink } from "../metadata/link-store.ts";
import { blobInUse, blobUnknown, methodUnsupported } from "../problems.ts";
import type { CallerExchange } from "./exchange.ts";
import { createMultipart } from "./multipart.ts";
import { type ByteRange, parseRanges } from "./range.ts";
import type { Route } from "./route.ts";
import { type Headers, sendEmpty, sendPieces, sendStream } from "./send.ts";
import { seesBlob } from "./view.ts";

type BlobRoute = Extract<Route, { kind: "blob" }>;

const REDIRECT_SECONDS = 15 * 60;

/** Blobs of a repository: OCI distribution-spec v1.1, "Pulling blobs", "Deleting Blobs". */
export async function serveBlob(exchange: CallerExchange, route: BlobRoute): Promise<void> {
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return await pullBlob(exchange, route);
    case "DELETE":
      return await deleteBlob(exchange, route);
    default:
      throw methodUnsupported(exchange.method);
  }
}

async function pullBlob(exchange: CallerExchange, { repository, digest }: BlobRoute): Promise<void> {
  const { context, request, method } = exchange;
  const blob = await findBlob(exchange, repository, digest);
  const etag = `"${digest}"`;
  const headers: Headers = {
    "docker-content-digest": digest,
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    etag,
    "cache-control": "private, max-age=31536000, immutable",
  };
  if (matches(request.headers["if-none-match"], etag)) return sendEmpty(exchange, 304, headers);
  if (method === "HEAD") return sendEmpty(exchange, 200, { ...headers, "content-length": String(blob.size) });
  const isCurrent = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const ranges = isCurrent ? parseRanges(request.headers.range, blob.size) : undefined;
  // Buckets do not know several ranges at once: they would send the whole.
  if (ranges && ranges.length > 1) return await sendParts(exchange, blob, ranges, headers);
  const address =
    context.isRedirecting && blob.isHere ? await context.blobs.address?.(digest, REDIRECT_SECONDS) : undefined;
  if (address) {
    const location = address.href;
    return sendEmpty(exchange, 307, { location, "docker-content-digest": digest, "cache-control": "no-store" });
  }
  const range = ranges?.[0];
  const status = range ? 206 : 200;
  const whole: Headers = {
    ...headers,
    "content-length": String(range ? range.end - range.start : blob.size),
    ...(range && { "content-range": `bytes ${range.start}-${range.end - 1}/${blob.size}` }),
  };
  const { pass } = context.blobs;
  if (pass && blob.isHere) {
    const store = context.blobs;
    await sendPieces(exchange, status, whole, (take) => pass.call(store, digest, range, take, exchange.signal));
    return;
  }
  const stream = await blob.open(range, exchange.signal);
  try {
    await sendStream(exchange, status, stream, whole);
  } finally {
    stream.destroy();
  }
}

/** Several parts at once, for clients that lack some files of a layer. */
async function sendParts(
  exchange: CallerExchange,
  blob: UpstreamBlob,
  ranges: readonly ByteRange[],
  headers: Headers,
): Promise<void> {
  const { contentType, length, body } = createMultipart({
    ranges,
    size: blob.size,
    contentType: headers["content-type"] ?? "",
    open: (range) => blob.open(range, exchange.signal),
  });
  const those = { ...headers, "content-type": contentType, "content-length": String(length) };
  await sendStream(exchange, 206, body, those);
}

/** The blob, here or on its way here. Without a link of this repository it is unknown, whoever else has it. */
async function findBlob(
  exchange: CallerExchange,
  repository: string,
  digest: string,
): Promise<UpstreamBlob & { readonly isHere: boolean }> {
  const { context, method, identity, signal } = exchange;
  if (!(await seesBlob(exchange, repository, digest))) throw blobUnknown(digest);
  const { links } = context.metadata;
  // Whoever may push and hears that it is here will not send it: then it has to stay.
  const isPusher = method === "HEAD" && (await identity.allows("push", repository));
  const find = (): Promise<BlobLink | undefined> =>
    isPusher ? links.promise(repository, digest) : links.find(repository, digest);
  const known = await find();
  const upstream = known ? undefined : await context.upstream?.blob(repository, digest, signal);
  if (upstream) return { size: upstream.size, open: (range, until) => upstream.open(range, until), isHere: false };
  const link = known ?? (context.upstream && (await find()));
  if (!link) throw blobUnknown(digest);
  return { size: link.size, open: (range, until) => context.blobs.read(digest, range, until), isHere: true };
}

async function deleteBlob(exchange: CallerExchange, { repository, digest }: BlobRoute): Promise<void> {
  const outcome = await exchange.context.metadata.links.unlink(repository, digest);
  if (outcome === "unknown") throw blobUnknown(digest);
  if (outcome === "in-use") throw blobInUse(digest);
  sendEmpty(exchange, 202);
}

/** RFC 9110 section 13.1.2. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag || one.trim() === "*");
}
