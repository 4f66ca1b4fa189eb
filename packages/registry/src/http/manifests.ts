import { findManifest, putManifest } from "../content/manifests.ts";
import type { StoredManifest } from "../metadata/manifest-store.ts";
import { parseTag } from "../names.ts";
import { manifestTooLarge, manifestUnknown, methodUnsupported, requestInvalid } from "../problems.ts";
import { matches } from "./blobs.ts";
import { readWholeBody } from "./body.ts";
import type { CallerExchange } from "./exchange.ts";
import type { Route } from "./route.ts";
import { sendBytes, sendEmpty } from "./send.ts";
import { seesManifest, seesTag } from "./view.ts";

type ManifestRoute = Extract<Route, { kind: "manifest" }>;

/** Manifests: OCI distribution-spec v1.1, "Pulling manifests", "Pushing Manifests", "Deleting Manifests" and "… Tags". */
export async function serveManifest(exchange: CallerExchange, route: ManifestRoute): Promise<void> {
  switch (exchange.method) {
    case "GET":
    case "HEAD":
      return await pullManifest(exchange, route);
    case "PUT":
      return await pushManifest(exchange, route);
    case "DELETE":
      return await deleteManifest(exchange, route);
    default:
      throw methodUnsupported(exchange.method);
  }
}

/** As many as the specification asks for. */
const MAX_TAGS = 10;

async function pullManifest(exchange: CallerExchange, { repository, reference }: ManifestRoute): Promise<void> {
  const { context, method, identity, request } = exchange;
  const { manifests } = context.metadata;
  const manifest = await findSeen(exchange, repository, reference);
  if (!manifest) throw manifestUnknown(textOf(reference));
  // The same promise as for blobs: whoever pushes an index looks first which of its children are here.
  const isPusher = method === "HEAD" && (await identity.allows("push", repository));
  if (isPusher && !(await manifests.promise(manifest))) throw manifestUnknown(textOf(reference));
  const etag = `"${manifest.digest}"`;
  const headers = { "docker-content-digest": manifest.digest, "content-type": manifest.mediaType, etag };
  if (matches(request.headers["if-none-match"], etag)) return sendEmpty(exchange, 304, headers);
  if (method === "GET") await manifests.markPulled(manifest);
  sendBytes(exchange, 200, manifest.content, headers);
}

/** The manifest, if it is there for the caller. What was granted is here already. */
async function findSeen(
  exchange: CallerExchange,
  repository: string,
  reference: ManifestRoute["reference"],
): Promise<StoredManifest | undefined> {
  const { context, view, signal } = exchange;
  if (view === "everything") await context.upstream?.manifest(repository, textOf(reference), signal);
  const found = await findManifest(context, repository, reference);
  if (!found) return undefined;
  const isSeen =
    reference.kind === "tag"
      ? seesTag(view, reference.tag, found.digest)
      : await seesManifest(exchange, repository, found.digest);
  return isSeen ? found : undefined;
}

async function pushManifest(exchange: CallerExchange, { repository, reference }: ManifestRoute): Promise<void> {
  const { context, request, identity, query } = exchange;
  const tags = [...new Set(query.getAll("tag").map(parseTag))];
  if (tags.length > MAX_TAGS) throw requestInvalid(`more than ${MAX_TAGS} tags at once`);
  if (tags.length > 0 && reference.kind === "tag") throw requestInvalid("further tags go with a digest only");
  const { maxManifestBytes: maxBytes, idleMs } = context.limits;
  const bytes = await readWholeBody(request, { maxBytes, idleMs, tooLarge: () => manifestTooLarge(maxBytes) });
  const contentType = request.headers["content-type"];
  const pushed = await putManifest(context, {
    repository,
    reference,
    tags,
    contentType,
    bytes,
    caller: identity.caller,
  });
  sendEmpty(exchange, 201, {
    location: `/v2/${repository}/manifests/${pushed.digest}`,
    "docker-content-digest": pushed.digest,
    ...(tags.length > 0 && { "oci-tag": tags.join(", ") }),
    ...(pushed.subject !== undefined && { "oci-subject": pushed.subject }),
  });
}

async function deleteManifest(exchange: CallerExchange, { repository, reference }: ManifestRoute): Promise<void> {
  const { manifests, tags } = exchange.context.metadata;
  const isGone =
    reference.kind === "digest"
      ? await manifests.remove(repository, reference.digest)
      : (await tags.remove(repository, [reference.tag])).length > 0;
  if (!isGone) throw manifestUnknown(textOf(reference));
  sendEmpty(exchange, 202);
}

function textOf(reference: ManifestRoute["reference"]): string {
  return reference.kind === "tag" ? reference.tag : reference.digest;
}
