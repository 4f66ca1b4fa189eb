import { createHash } from "node:crypto";
import { isIndexType, isManifestType } from "@opendepot/oci";
import type { Referred } from "../metadata/manifest-store.ts";
import { parseDigest } from "../names.ts";
import { manifestInvalid } from "../problems.ts";

/** What the registry has to know of a manifest. Everything else in it is the business of clients. */
export interface ReadManifest {
  readonly mediaType: string;
  /** What it is among the referrers of its subject: its own artifactType, or else the type of its config. */
  readonly artifactType: string | undefined;
  readonly subject: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Without those that are to be had elsewhere. */
  readonly blobs: readonly Referred[];
  readonly children: readonly Referred[];
}

/** More than any image or index has; what is longer only costs memory. */
const MAX_DESCRIPTORS = 10_000;
/** Nothing that a browser would show: what comes out again is on the same host as pages are. */
const MEDIA_TYPE = /^application\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;
/** Referrers are looked up by it: printable, and not endless. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const FIELDS = ["schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject"];
/** Layers that may be missing, since clients fetch them from where their `urls` say. */
const FOREIGN = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
]);

/**
 * Reads a manifest of any type, and refuses one that two readers could take for different things.
 *
 * @param contentType what the client calls it; its own `mediaType` must not differ (image-spec v1.1, "mediaType")
 * @throws {Problem} `manifest_invalid`
 */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): ReadManifest {
  const value = parseObject(bytes);
  refuseLookalikes(value);
  const mediaType = mediaTypeOf(value, contentType);
  const isIndex = value["manifests"] !== undefined;
  const isImage = value["config"] !== undefined || value["layers"] !== undefined || value["blobs"] !== undefined;
  if (isIndex && isImage) throw manifestInvalid("it is an image and an index at once");
  if (isIndexType(mediaType) && !isIndex) throw manifestInvalid(`it is called ${mediaType} but has no manifests`);
  if (isManifestType(mediaType) && value["config"] === undefined)
    throw manifestInvalid(`it is called ${mediaType} but has no config`);
  if (value["schemaVersion"] === 1) throw manifestInvalid("schema version 1 is no longer taken");
  const config = value["config"] === undefined ? undefined : readDescriptor(value["config"], "config");
  const artifactType = textOf(value["artifactType"]) ?? (isIndex ? undefined : config?.mediaType);
  if (artifactType !== undefined && !PLAIN.test(artifactType))
    throw manifestInvalid("its artifactType is no media type");
  const layers = [...listOf(value["layers"], "layers"), ...listOf(value["blobs"], "blobs")];
  return {
    mediaType,
    artifactType,
    subject: value["subject"] === undefined ? undefined : readDescriptor(value["subject"], "subject").digest,
    annotations: readAnnotations(value["annotations"]),
    blobs: [...(config ? [config] : []), ...layers.filter(({ isElsewhere }) => !isElsewhere)],
    children: listOf(value["manifests"], "manifests"),
  };
}

/** The digest of `bytes` by the algorithm of `like`, or sha256. */
export function digestLike(bytes: Uint8Array, like?: string): string {
  const algorithm = like?.startsWith("sha512:") ? "sha512" : "sha256";
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw manifestInvalid("it is not JSON", cause);
  }
  if (!isRecord(value)) throw manifestInvalid("it is no JSON object");
  return value;
}

/** Go reads `Layers` as `layers`, others do not: such a manifest is two. */
function refuseLookalikes(value: Record<string, unknown>): void {
  const lower = new Set(FIELDS.map((field) => field.toLowerCase()));
  for (const key of Object.keys(value)) {
    if (!FIELDS.includes(key) && lower.has(key.toLowerCase()))
      throw manifestInvalid(`${JSON.stringify(key)} reads like another field`);
  }
}

function mediaTypeOf(value: Record<string, unknown>, contentType: string | undefined): string {
  const own = value["mediaType"];
  const given = contentType?.split(";")[0]?.trim();
  if (own !== undefined && typeof own !== "string") throw manifestInvalid("its mediaType is no text");
  if (own && given && own !== given) {
    throw manifestInvalid(`it calls itself ${JSON.stringify(own)} but is sent as ${JSON.stringify(given)}`);
  }
  const mediaType = own || given;
  if (!mediaType) throw manifestInvalid("it has no mediaType, and came without Content-Type");
  if (!MEDIA_TYPE.test(mediaType)) throw manifestInvalid(`${JSON.stringify(mediaType)} is no type of a manifest`);
  return mediaType;
}

interface ReadDescriptor extends Referred {
  readonly mediaType: string | undefined;
  readonly isElsewhere: boolean;
}

function readDescriptor(value: unknown, where: string): ReadDescriptor {
  if (!isRecord(value)) throw manifestInvalid(`${where} is no descriptor`);
  const { digest, size, mediaType, urls } = value;
  if (typeof digest !== "string") throw manifestInvalid(`${where} has no digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw manifestInvalid(`${where} has no size`);
  const hasUrls = Array.isArray(urls) && urls.length > 0;
  const type = textOf(mediaType);
  return {
    digest: parseDigest(digest),
    size,
    mediaType: type,
    isElsewhere: hasUrls || (type !== undefined && FOREIGN.has(type)),
  };
}

function listOf(value: unknown, name: string): ReadDescriptor[] {
  if (value === undefined || value === null) return []; // Go writes null for an empty list
  if (!Array.isArray(value)) throw manifestInvalid(`its ${name} are no list`);
  if (value.length > MAX_DESCRIPTORS) throw manifestInvalid(`it has more than ${MAX_DESCRIPTORS} ${name}`);
  return value.map((one, at) => readDescriptor(one, `${name}[${at}]`));
}

function readAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw manifestInvalid("its annotations are no map");
  for (const [key, text] of Object.entries(value))
    if (typeof text !== "string") throw manifestInvalid(`its annotation ${JSON.stringify(key)} is no text`);
  return value as Readonly<Record<string, string>>;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
