import { randomBytes } from "node:crypto";
import { mkdir, open, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@opendepot/base";
import { cacheUnwritable, layoutInvalid } from "../problems.ts";

const REF_NAME = "org.opencontainers.image.ref.name";
const IMAGE_NAME = "io.containerd.image.name";
const INDEX_MEDIA_TYPE = "application/vnd.oci.image.index.v1+json";
const MAX_INDEX_BYTES = 8 * 1024 * 1024;

/** A descriptor as JSON has it; what is not looked at here is kept. OCI image-spec v1.1, descriptor.md. */
export interface LayoutDescriptor {
  readonly mediaType?: string;
  readonly digest?: string;
  readonly size?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a manifest is called in an index: by a tag alone, or by the full name of an image. */
export type LayoutName =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "image"; readonly name: string };

/**
 * The manifests in a folder's `index.json`; undefined when there is no such file.
 *
 * @throws {Problem} `layout_invalid`
 */
export async function readLayoutIndex(folder: string): Promise<readonly LayoutDescriptor[] | undefined> {
  return (await readIndex(folder))?.manifests;
}

/** The manifest of that tag or image name. BuildKit v0.32: client/ociindex `Get`. */
export function findManifest(manifests: readonly LayoutDescriptor[], tag: string): LayoutDescriptor | undefined {
  return (
    manifests.find(({ annotations }) => annotations?.[IMAGE_NAME] === tag) ??
    manifests.find(({ annotations }) => annotations?.[REF_NAME] === tag)
  );
}

/** Two builds of this process may write to one folder. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Enters a manifest into `index.json` under each name, in place of what had that name, and makes the folder an image
 * layout. Of several processes that do this at once, the last one's entry is certain to be there.
 * BuildKit v0.32: client/ociindex `Put`.
 *
 * @throws {Problem} `layout_invalid`, `cache_unwritable`
 */
export async function putManifest(
  folder: string,
  descriptor: LayoutDescriptor,
  names: readonly LayoutName[],
): Promise<void> {
  const turn = (turns.get(folder) ?? Promise.resolve()).then(() => put(folder, descriptor, names));
  const settled = turn.catch(() => undefined);
  turns.set(folder, settled);
  try {
    await turn;
  } finally {
    if (turns.get(folder) === settled) turns.delete(folder);
  }
}

async function put(folder: string, descriptor: LayoutDescriptor, names: readonly LayoutName[]): Promise<void> {
  const index = (await readIndex(folder)) ?? { manifests: [] };
  let manifests = index.manifests;
  for (const name of names) {
    const own = annotationsOf(name);
    const hasOtherName = ({ annotations }: LayoutDescriptor): boolean =>
      annotations?.[REF_NAME] !== own[REF_NAME] || (annotations?.[IMAGE_NAME] ?? "") !== (own[IMAGE_NAME] ?? "");
    const annotations = sortKeys({ ...descriptor.annotations, ...own });
    manifests = [...manifests.filter(hasOtherName), { ...descriptor, annotations }];
  }
  const json = { schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, ...index, manifests };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    await replaceFile(join(folder, "index.json"), JSON.stringify(json));
  } catch (error) {
    throw cacheUnwritable(folder, error);
  }
}

function annotationsOf(name: LayoutName): Record<string, string> {
  if (name.kind === "tag") return { [REF_NAME]: name.tag };
  return { [IMAGE_NAME]: name.name, [REF_NAME]: referenceObject(name.name) };
}

/** The tag or digest behind a name with a host: containerd pkg/reference, `Spec.Object`. */
function referenceObject(name: string): string {
  const slash = name.indexOf("/");
  if (slash <= 0) return name;
  const path = name.slice(slash);
  const at = path.search(/[:@]/);
  if (at < 0) return "";
  return path[at] === ":" ? path.slice(at + 1) : path.slice(at);
}

interface Index {
  readonly manifests: readonly LayoutDescriptor[];
}

async function readIndex(folder: string): Promise<Index | undefined> {
  const text = await readBounded(join(folder, "index.json"));
  if (text === undefined || text === "") return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw layoutInvalid(folder, "index.json is not JSON", error);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw layoutInvalid(folder, "index.json is not an image index");
  }
  const { manifests = [] } = json as { readonly manifests?: unknown };
  if (!Array.isArray(manifests) || !manifests.every(isDescriptor)) {
    throw layoutInvalid(folder, "index.json has no list of manifests");
  }
  return { ...json, manifests };
}

function isDescriptor(value: unknown): value is LayoutDescriptor {
  if (typeof value !== "object" || value === null) return false;
  const { digest, annotations = {} } = value as { readonly digest?: unknown; readonly annotations?: unknown };
  if (typeof annotations !== "object" || annotations === null) return typeof digest === "string";
  return typeof digest === "string" && Object.values(annotations).every((each) => typeof each === "string");
}

async function readBounded(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size > MAX_INDEX_BYTES) throw layoutInvalid(path, `it is larger than ${MAX_INDEX_BYTES} bytes`);
    return await file.readFile("utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw code === undefined ? error : layoutInvalid(path, "it cannot be read", error);
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Go writes maps in the order of their keys. */
function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
