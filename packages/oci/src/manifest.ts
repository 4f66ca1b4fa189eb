import { type Descriptor, isRecord, readDescriptor, readTexts, sorted, toJsonDescriptor } from "./descriptor.ts";
import { digestOf } from "./digest.ts";
import { isIndexType, isManifestType, MediaType } from "./media-types.ts";
import { manifestInvalid } from "./problems.ts";

/** Manifests that are larger are refused: OCI distribution-spec v1.1, "Pushing Manifests". */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;

/** More than any image or index has; what is longer only costs memory. */
const MAX_DESCRIPTORS = 10_000;

/** An image of one platform: OCI image-spec v1.1, manifest.md. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Several images under one name: OCI image-spec v1.1, image-index.md. */
export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** A manifest or index as it is stored: the digest is that of these very bytes. */
export interface EncodedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * Reads an image manifest, OCI or Docker schema 2. `mediaType` is what a registry or a descriptor calls it.
 *
 * @throws {Problem} `manifest_invalid`
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const value = parseObject(bytes);
  const type = typeOf(value, mediaType, MediaType.ociManifest);
  if (!isManifestType(type)) throw manifestInvalid(`it is no image manifest but ${JSON.stringify(type)}`);
  if (value["manifests"] !== undefined) throw manifestInvalid("it is an image manifest and an index at once");
  const layers = listOf(value["layers"], "layers");
  return {
    ...common(value),
    mediaType: type,
    config: readDescriptor(value["config"], "config"),
    layers: layers.map((layer, at) => readDescriptor(layer, `layer ${at}`)),
  };
}

/**
 * Reads an image index or Docker manifest list. `mediaType` is what a registry or a descriptor calls it.
 *
 * @throws {Problem} `manifest_invalid`
 */
export function parseIndex(bytes: Uint8Array, mediaType?: string): Index {
  const value = parseObject(bytes);
  const type = typeOf(value, mediaType, MediaType.ociIndex);
  if (!isIndexType(type)) throw manifestInvalid(`it is no index but ${JSON.stringify(type)}`);
  if (value["layers"] !== undefined || value["config"] !== undefined) {
    throw manifestInvalid("it is an index and an image manifest at once");
  }
  const manifests = listOf(value["manifests"], "manifests");
  return {
    ...common(value),
    mediaType: type,
    manifests: manifests.map((manifest, at) => readDescriptor(manifest, `manifest ${at}`)),
  };
}

/** What {@link makeIndex} may be told beside the children. */
export interface IndexOptions {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Docker's type where all children are Docker's own; default: OCI. */
  readonly mediaType?: typeof MediaType.ociIndex | typeof MediaType.dockerIndex | undefined;
}

/**
 * Joins images into one index, in the order given. A child that comes twice is listed once.
 * The bytes are laid out as buildx `imagetools create` does: two spaces of indent, empty fields left out.
 */
export function makeIndex(children: readonly Descriptor[], options: IndexOptions = {}): EncodedManifest {
  const { mediaType = MediaType.ociIndex } = options;
  const distinct = [...new Map(children.map((child) => [child.digest, child])).values()];
  const manifests = distinct.map(toJsonDescriptor);
  const index = { schemaVersion: 2, mediaType, manifests, annotations: sorted(options.annotations) };
  const bytes = new TextEncoder().encode(JSON.stringify(index, undefined, 2));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > MAX_MANIFEST_BYTES) throw manifestInvalid(`it has more than ${MAX_MANIFEST_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw manifestInvalid("it is not JSON", cause);
  }
  if (!isRecord(value)) throw manifestInvalid("it is no JSON object");
  if (value["schemaVersion"] !== 2) {
    throw manifestInvalid(`its schemaVersion is ${JSON.stringify(value["schemaVersion"])}, not 2`);
  }
  return value;
}

/** Its own word counts; the two must not differ: image-spec v1.1, "mediaType", on confused readers. */
function typeOf(value: Record<string, unknown>, given: string | undefined, fallback: string): string {
  const own = value["mediaType"];
  if (typeof own !== "string" || own === "") return given ?? fallback;
  if (given !== undefined && given !== own) {
    throw manifestInvalid(`it calls itself ${JSON.stringify(own)} but is served as ${JSON.stringify(given)}`);
  }
  return own;
}

function common(value: Record<string, unknown>): Omit<Index, "mediaType" | "manifests"> {
  const { artifactType, subject, annotations } = value;
  return {
    schemaVersion: 2,
    ...(typeof artifactType === "string" && artifactType !== "" ? { artifactType } : {}),
    ...(subject === undefined ? {} : { subject: readDescriptor(subject, "subject") }),
    ...(annotations === undefined ? {} : { annotations: readTexts(annotations, "its annotations") }),
  };
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return []; // Go writes null for an empty list
  if (!Array.isArray(value)) throw manifestInvalid(`its ${name} are no list`);
  if (value.length > MAX_DESCRIPTORS) throw manifestInvalid(`it has more than ${MAX_DESCRIPTORS} ${name}`);
  return value;
}
