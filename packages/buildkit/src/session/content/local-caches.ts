import { messageOf } from "@opendepot/base";
import type { SolveInput, TypeAndAttrs } from "../../solve-input.ts";
import { cacheAttributeMissing } from "../problems.ts";
import { readBlobDigest } from "./blob-digest.ts";
import { ContentFolder } from "./content-folder.ts";
import { findManifest, type LayoutDescriptor, putManifest, readLayoutIndex } from "./layout-index.ts";
import { pruneLayout } from "./prune-layout.ts";

/** What exporters tell of the cache that they have written. */
const CACHE_MANIFEST = "cache.manifest";

/** A solve's caches, those in local folders prepared. */
export interface LocalCaches {
  readonly cacheImports: readonly TypeAndAttrs[];
  readonly cacheExports: readonly TypeAndAttrs[];
  /** For `createContentStores`. */
  readonly stores: Readonly<Record<string, ContentFolder>>;
  /** Imports that were left out since there is nothing to import, and why: to be told as a warning. */
  readonly skipped: ReadonlyArray<{ readonly src: string; readonly reason: string }>;
  /**
   * Enters what a solve has exported into the folders.
   *
   * @throws {Problem} `layout_invalid`, `cache_unwritable`
   */
  finish(exporterResponse: Readonly<Record<string, string>>): Promise<void>;
}

/**
 * Prepares caches of `type=local`: `src` and `dest` are folders of this machine, `tag` (default `latest`) picks one of
 * several caches in a folder, `digest` picks it exactly; `reset` empties an exported folder of all that no cache in it
 * uses. All others pass as they are.
 * BuildKit v0.32: client/solve.go `parseCacheOptions`.
 *
 * @throws {Problem} `cache_attribute_missing`
 */
export async function prepareLocalCaches(
  input: Pick<SolveInput, "cacheImports" | "cacheExports">,
): Promise<LocalCaches> {
  const { cacheImports = [], cacheExports = [] } = input;
  const stores: Record<string, ContentFolder> = {};
  const targets: Array<{ readonly folder: ContentFolder; readonly tag: string; readonly isReset: boolean }> = [];
  for (const { attrs = {} } of cacheExports.filter(isLocal)) {
    const dest = attrs["dest"];
    if (!dest) throw cacheAttributeMissing("export", "dest");
    const folder = new ContentFolder(dest, { isWritable: true });
    stores[`local:${dest}`] = folder;
    targets.push({ folder, tag: attrs["tag"] ?? "latest", isReset: isTrue(attrs["reset"]) });
  }
  const imports: TypeAndAttrs[] = [];
  const skipped: Array<{ src: string; reason: string }> = [];
  for (const entry of cacheImports) {
    const found = isLocal(entry) ? await findCache(entry) : { entry };
    if ("reason" in found) skipped.push(found);
    else imports.push(found.entry);
    if ("folder" in found) stores[`local:${found.folder.path}`] ??= found.folder;
  }
  return {
    ...{ stores, skipped, cacheExports, cacheImports: imports },
    finish: async (response) => {
      const manifest = response[CACHE_MANIFEST];
      if (!manifest) return;
      const descriptor: LayoutDescriptor = JSON.parse(manifest);
      for (const { folder, tag, isReset } of targets) {
        await putManifest(folder.path, descriptor, [{ kind: "tag", tag }]);
        if (isReset) await pruneLayout(folder);
      }
    },
  };
}

/** Go's strconv.ParseBool. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}

function isLocal({ type }: TypeAndAttrs): boolean {
  return type === "local";
}

type FoundCache =
  | { readonly entry: TypeAndAttrs; readonly folder: ContentFolder }
  | { readonly src: string; readonly reason: string };

async function findCache({ type, attrs = {} }: TypeAndAttrs): Promise<FoundCache> {
  const { src, tag = "latest" } = attrs as { readonly src?: string; readonly tag?: string };
  if (!src) throw cacheAttributeMissing("import", "src");
  const folder = new ContentFolder(src, { isWritable: false });
  try {
    const given = attrs["digest"] || findManifest((await readLayoutIndex(src)) ?? [], tag)?.digest;
    if (!given) return { src, reason: `no digest found for tag ${tag}` };
    const digest = readBlobDigest(given);
    if (!digest || !(await folder.has(digest))) return { src, reason: `digest ${given} unavailable` };
    return { folder, entry: { type, attrs: { ...attrs, digest: given } } };
  } catch (error) {
    return { src, reason: messageOf(error) };
  }
}
