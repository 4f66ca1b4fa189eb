import { randomId } from "../../random-id.ts";
import { layoutInvalid } from "../problems.ts";
import { readBlobDigest } from "./blob-digest.ts";
import { ContentFolder } from "./content-folder.ts";
import { findManifest, readLayoutIndex } from "./layout-index.ts";

const PREFIX = "oci-layout://";
const TAG = /^\w[\w.-]{0,127}$/;

/** An image layout on this machine, as a named context. */
export interface OciLayoutContext {
  /** The key for `createContentStores`. */
  readonly storeId: string;
  readonly store: ContentFolder;
  /** The value of the frontend's attribute `context:<name>`. */
  readonly attribute: string;
}

/** What `oci-layout://folder[:tag][@digest]` says. */
export interface OciLayoutReference {
  readonly folder: string;
  /** `latest` when there is neither tag nor digest. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Reads an `oci-layout://` reference; undefined for anything else. buildx v0.36: util/ocilayout. */
export function readOciLayoutReference(text: string): OciLayoutReference | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  let folder = text.slice(PREFIX.length);
  const at = folder.lastIndexOf("@");
  const digest = at >= 0 && readBlobDigest(folder.slice(at + 1)) ? folder.slice(at + 1) : undefined;
  if (digest !== undefined) folder = folder.slice(0, at);
  const colon = folder.lastIndexOf(":");
  const isDrive = colon === 1 && /^[a-z]:[/\\]/i.test(folder);
  const tag = colon >= 0 && !isDrive && TAG.test(folder.slice(colon + 1)) ? folder.slice(colon + 1) : undefined;
  if (tag !== undefined) folder = folder.slice(0, colon);
  return { folder, digest, tag: tag ?? (digest === undefined ? "latest" : undefined) };
}

/**
 * Opens an image layout as a named context: the manifest of its tag, or the only one there is.
 *
 * @throws {Problem} `layout_invalid`
 */
export async function openOciLayout(reference: OciLayoutReference): Promise<OciLayoutContext> {
  const { folder, tag } = reference;
  const digest = reference.digest ?? (await resolveTag(folder, tag ?? "latest"));
  const name = randomId();
  return {
    storeId: `oci:${name}`,
    store: new ContentFolder(folder, { isWritable: false }),
    attribute: `${PREFIX}${name}${tag === undefined ? "" : `:${tag}`}@${digest}`,
  };
}

async function resolveTag(folder: string, tag: string): Promise<string> {
  const manifests = await readLayoutIndex(folder);
  if (!manifests) throw layoutInvalid(folder, "it has no index.json");
  const found = findManifest(manifests, tag) ?? (manifests.length === 1 ? manifests[0] : undefined);
  if (!found) throw layoutInvalid(folder, `it has no manifest with the tag ${tag}`);
  if (!readBlobDigest(found.digest ?? "")) throw layoutInvalid(folder, `invalid digest ${found.digest}`);
  return found.digest ?? "";
}
