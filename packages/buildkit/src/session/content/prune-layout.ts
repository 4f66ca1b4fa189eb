import { parseBlobDigest, readBlobDigest } from "./blob-digest.ts";
import type { ContentFolder } from "./content-folder.ts";
import { readLayoutIndex } from "./layout-index.ts";

/** Manifests and indexes are smaller by far. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Media types of manifests and indexes, whose blobs name others. */
const NAMES_OTHERS = /^application\/vnd\.(oci\.image|docker\.distribution)\..*(manifest|index)/;

/**
 * Removes the blobs of a layout that no manifest in its `index.json` leads to. Nothing is removed when a manifest cannot
 * be read. BuildKit v0.32: client/solve.go `resetCacheStore`.
 *
 * @throws {GrpcError} `notFound` for a manifest that is missing
 * @throws {Problem} `layout_invalid`
 */
export async function pruneLayout(folder: ContentFolder): Promise<void> {
  const used = new Set<string>();
  const waiting: unknown[] = [...((await readLayoutIndex(folder.path)) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { digest, mediaType } = next as { readonly digest?: unknown; readonly mediaType?: unknown };
    if (typeof digest !== "string" || used.has(digest)) continue;
    used.add(digest);
    if (typeof mediaType === "string" && NAMES_OTHERS.test(mediaType))
      waiting.push(...(await childrenOf(folder, digest)));
  }
  for await (const digest of folder.list()) if (!used.has(digest.text)) await folder.remove(digest);
}

async function childrenOf(folder: ContentFolder, digest: string): Promise<unknown[]> {
  const { handle, size } = await folder.open(parseBlobDigest(digest));
  try {
    if (size > MAX_MANIFEST_BYTES) throw new RangeError(`manifest ${digest} has ${size} bytes`);
    const json: unknown = JSON.parse(await handle.readFile("utf8"));
    if (typeof json !== "object" || json === null) return [];
    const { manifests, config, layers, subject } = json as Readonly<Record<string, unknown>>;
    return [manifests, layers, config, subject].flat().filter(isBlob);
  } finally {
    await handle.close();
  }
}

function isBlob(value: unknown): boolean {
  const { digest } = (value ?? {}) as { readonly digest?: unknown };
  return typeof digest === "string" && readBlobDigest(digest) !== undefined;
}
