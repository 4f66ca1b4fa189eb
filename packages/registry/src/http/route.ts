import { type ManifestReference, parseDigest, parseManifestReference, parseRepositoryName } from "../names.ts";
import { pathUnknown } from "../problems.ts";

/** The end points of OCI distribution-spec v1.1, "Endpoints". Everything in it was checked. */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: string }
  | { readonly kind: "uploads"; readonly repository: string }
  | { readonly kind: "upload"; readonly repository: string; readonly id: string }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: ManifestReference }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: string };

const UPLOAD_ID = /^[a-zA-Z0-9_-]{1,128}$/;

/**
 * Reads a path. The end decides, since a repository's name may hold any of the words: `a/blobs/tags/list` are the tags
 * of `a/blobs`. Segments are taken one by one: an encoded slash is part of none of them.
 *
 * @throws {Problem} `path_unknown`, `name_invalid`, `tag_invalid`, `digest_invalid`
 */
export function parseRoute(path: string): Route {
  if (path === "/v2" || path === "/v2/") return { kind: "base" };
  const [root, version, ...segments] = path.split("/").map(decodeSegment);
  if (root !== "" || version !== "v2") throw pathUnknown();
  const [last = "", second = "", third = ""] = segments.toReversed();
  const nameWithout = (count: number): string => parseRepositoryName(segments.slice(0, -count).join("/"));
  if (third === "blobs" && second === "uploads") {
    if (last === "") return { kind: "uploads", repository: nameWithout(3) };
    if (!UPLOAD_ID.test(last)) throw pathUnknown();
    return { kind: "upload", repository: nameWithout(3), id: last };
  }
  if (second === "blobs" && last === "uploads") return { kind: "uploads", repository: nameWithout(2) };
  if (second === "blobs") return { kind: "blob", repository: nameWithout(2), digest: parseDigest(last) };
  if (second === "manifests")
    return { kind: "manifest", repository: nameWithout(2), reference: parseManifestReference(last) };
  if (second === "tags" && last === "list") return { kind: "tags", repository: nameWithout(2) };
  if (second === "referrers") return { kind: "referrers", repository: nameWithout(2), digest: parseDigest(last) };
  throw pathUnknown();
}

/** Nothing in a path may be read twice: what still holds a `/` or a `%` after decoding is no name of ours. */
function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    const decoded = decodeURIComponent(segment);
    if (!/[/\\%\0]/.test(decoded)) return decoded;
  } catch {
    // No UTF-8: the same as below.
  }
  throw pathUnknown();
}
