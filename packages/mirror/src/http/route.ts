import { isDigest, parseReference } from "@opendepot/oci";
import { upstreamNameInvalid } from "../problems.ts";

/** What a path of the mirror asks for. */
export interface Route {
  /** Who asks: the unguessable part of the path. */
  readonly door: string;
  readonly host: string;
  readonly repository: string;
  readonly kind: "manifest" | "blob";
  /** A tag or a digest of a manifest; a digest of a blob. */
  readonly reference: string;
}

/** Where the mirror is, below the registry's API, so that engines take it for a registry with a path. */
export const MIRROR_PATH = "/v2/mirror/";

const SHAPE = /^\/v2\/mirror\/([A-Za-z0-9_-]{1,128})\/([^/]{1,255})\/(.{1,255})\/(manifests|blobs)\/([^/]{1,200})$/;

/**
 * Reads a path: `/v2/mirror/DOOR/UPSTREAM HOST/NAME/manifests|blobs/REFERENCE`. Undefined for any other.
 *
 * @throws {Problem} `upstream_name_invalid` for what is no name or reference of a registry: it goes no further
 */
export function parseRoute(path: string): Route | undefined {
  const [, door, host, repository, kind, reference] = SHAPE.exec(decoded(path)) ?? [];
  if (!door || !host || !repository || !kind || !reference) return undefined;
  const isRight = kind === "blobs" ? isDigest(reference) : isReference(repository, reference);
  if (!isRight || !isReference(repository, "latest")) throw upstreamNameInvalid(`${repository} ${reference}`);
  return { door, host: host.toLowerCase(), repository, kind: kind === "blobs" ? "blob" : "manifest", reference };
}

/** Clients write the colon of a digest, and of a host with a port, in either way. Nothing else may be encoded. */
function decoded(path: string): string {
  return path.replace(/%3a/gi, ":");
}

function isReference(repository: string, reference: string): boolean {
  try {
    // A host before the path, so that the path's first part is never taken for one.
    const { path, tag, digest } = parseReference(
      isDigest(reference) ? `x.invalid/${repository}@${reference}` : `x.invalid/${repository}:${reference}`,
    );
    return path === repository && (digest ?? tag) === reference;
  } catch {
    return false;
  }
}
