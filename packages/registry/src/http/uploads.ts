import {
  appendToUpload,
  type Chunk,
  cancelUpload,
  finishUpload,
  startUpload,
  type UploadName,
  uploadSize,
} from "../content/uploads.ts";
import { isRepositoryName, parseDigest } from "../names.ts";
import { blobTooLarge, methodUnsupported, tooManyUploads, uploadRangeInvalid } from "../problems.ts";
import { readBody } from "./body.ts";
import type { CallerExchange } from "./exchange.ts";
import { contentLength, mayHaveBody } from "./messages.ts";
import { parseContentRange } from "./range.ts";
import type { Route } from "./route.ts";
import { type Headers, sendEmpty } from "./send.ts";

type UploadsRoute = Extract<Route, { kind: "uploads" }>;
type UploadRoute = Extract<Route, { kind: "upload" }>;

/** How many repositories are looked at for a blob that is to be mounted from anywhere. */
const MAX_SOURCES = 50;

/** The beginning of a push: OCI distribution-spec v1.1, "POST then PUT", "Single POST", "Mounting a blob …". */
export async function serveUploads(exchange: CallerExchange, { repository }: UploadsRoute): Promise<void> {
  const { context, method, query, identity } = exchange;
  if (method !== "POST") throw methodUnsupported(method);
  const mount = query.get("mount");
  if (mount !== null && (await mountBlob(exchange, repository, parseDigest(mount)))) {
    return sendEmpty(exchange, 201, locationOfBlob(repository, mount));
  }
  const digest = mount === null ? query.get("digest") : null;
  if (digest !== null) parseDigest(digest);
  const upload = await startUpload(context, repository, identity.caller);
  if (digest === null) return sendEmpty(exchange, 202, headersOf(upload, 0));
  try {
    await append(exchange, upload, { digest });
    await finishUpload(context, upload, digest);
  } catch (error) {
    // Its client never hears where it is, so it cannot go on with it. It may have ended by itself.
    await cancelUpload(context, upload).catch(() => undefined);
    throw error;
  }
  sendEmpty(exchange, 201, locationOfBlob(repository, digest));
}

/** The rest of a push: "Pushing a blob in chunks", "POST then PUT". */
export async function serveUpload(exchange: CallerExchange, { repository, id }: UploadRoute): Promise<void> {
  const { context, method, query } = exchange;
  const upload: UploadName = { repository, id };
  switch (method) {
    case "GET":
    case "HEAD":
      return sendEmpty(exchange, 204, headersOf(upload, await uploadSize(context, upload)));
    case "PATCH":
      return sendEmpty(exchange, 202, headersOf(upload, await append(exchange, upload, {})));
    case "PUT": {
      const digest = parseDigest(query.get("digest") ?? "");
      if (mayHaveBody(exchange.request)) await append(exchange, upload, { digest });
      await finishUpload(context, upload, digest);
      return sendEmpty(exchange, 201, locationOfBlob(repository, digest));
    }
    case "DELETE":
      await cancelUpload(context, upload);
      return sendEmpty(exchange, 204);
    default:
      throw methodUnsupported(method);
  }
}

async function append(exchange: CallerExchange, upload: UploadName, known: Pick<Chunk, "digest">): Promise<number> {
  const { context, request, identity } = exchange;
  const { running, limits } = context;
  if ((contentLength(request) ?? 0) > limits.maxBlobBytes) throw blobTooLarge(limits.maxBlobBytes);
  const caller = identity.caller.id;
  const count = running.get(caller) ?? 0;
  if (count >= limits.maxUploadsPerCaller) throw tooManyUploads(limits.maxUploadsPerCaller);
  running.set(caller, count + 1);
  try {
    return await appendToUpload(context, upload, {
      ...known,
      ...announcedBy(exchange),
      body: readBody(request, limits.idleMs),
    });
  } finally {
    const left = (running.get(caller) ?? 1) - 1;
    if (left === 0) running.delete(caller);
    else running.set(caller, left);
  }
}

/** Where a chunk belongs and how large it is, as far as its client says. */
function announcedBy({ request }: CallerExchange): Pick<Chunk, "offset" | "size"> {
  const header = request.headers["content-range"];
  if (header === undefined) return {};
  const range = parseContentRange(header);
  const length = contentLength(request);
  if (!range || (length !== undefined && length !== range.end - range.start)) throw uploadRangeInvalid(header);
  return { offset: range.start, size: range.end - range.start };
}

/**
 * Links a blob of a repository that the caller may read, the one that he names or any. Whether others have it is not
 * told: then the client has to send it.
 */
async function mountBlob({ context, identity, query }: CallerExchange, to: string, digest: string): Promise<boolean> {
  const { links, repositories } = context.metadata;
  const from = query.get("from");
  if (from !== null && !isRepositoryName(from)) return false;
  for (const source of from === null ? await links.holders(digest, MAX_SOURCES) : [from]) {
    if (!(await identity.allows("pull", source))) continue;
    if (await links.mount(digest, { from: source, to: await repositories.ensure(to) })) return true;
  }
  return false;
}

function headersOf({ repository, id }: UploadName, size: number): Headers {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, size - 1)}`,
    "docker-upload-uuid": id,
  };
}

function locationOfBlob(repository: string, digest: string): Headers {
  return { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest };
}
