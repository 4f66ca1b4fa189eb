import { type Digest, isDigest } from "./digest.ts";
import type { Platform } from "./platform.ts";
import { manifestInvalid } from "./problems.ts";

/** Points at content: OCI image-spec v1.1, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Of the image behind it, in an index. */
  readonly platform?: Platform | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
  /** Where else the content is to be had; such layers may be missing in a registry. */
  readonly urls?: readonly string[] | undefined;
}

/**
 * Checks a descriptor in parsed JSON; fields that it does not know are left out. `where` names it in errors.
 *
 * @throws {Problem} `manifest_invalid`
 */
export function readDescriptor(value: unknown, where: string): Descriptor {
  if (!isRecord(value)) throw manifestInvalid(`${where} is no descriptor`);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== "string" || mediaType === "") throw manifestInvalid(`${where} has no mediaType`);
  if (typeof digest !== "string" || !isDigest(digest)) throw manifestInvalid(`${where} has no digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw manifestInvalid(`${where} has no size`);
  }
  return { mediaType, digest, size, ...optionalFields(value, where) };
}

function optionalFields(value: Record<string, unknown>, where: string): Partial<Descriptor> {
  const { platform, annotations, artifactType, urls } = value;
  return {
    ...(platform === undefined ? {} : { platform: readPlatform(platform, where) }),
    ...(annotations === undefined ? {} : { annotations: readTexts(annotations, `annotations of ${where}`) }),
    ...(typeof artifactType === "string" && artifactType !== "" ? { artifactType } : {}),
    ...(Array.isArray(urls) ? { urls: urls.filter((url) => typeof url === "string") } : {}),
  };
}

function readPlatform(value: unknown, where: string): Platform {
  if (!isRecord(value) || typeof value["os"] !== "string" || typeof value["architecture"] !== "string") {
    throw manifestInvalid(`the platform of ${where} has no os and architecture`);
  }
  const { os, architecture, variant, "os.version": osVersion, "os.features": osFeatures } = value;
  return {
    os: String(os),
    architecture: String(architecture),
    ...(typeof variant === "string" && variant !== "" ? { variant } : {}),
    ...(typeof osVersion === "string" && osVersion !== "" ? { osVersion } : {}),
    ...(Array.isArray(osFeatures) ? { osFeatures: osFeatures.filter((one) => typeof one === "string") } : {}),
  };
}

/** The descriptor as JSON has it, with its fields in the order in which Go writes them. */
export function toJsonDescriptor(descriptor: Descriptor): Readonly<Record<string, unknown>> {
  const { mediaType, digest, size, urls, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls,
    annotations: sorted(annotations),
    platform: platform && toJsonPlatform(platform),
    artifactType,
  };
}

function toJsonPlatform({ architecture, os, osVersion, osFeatures, variant }: Platform): Record<string, unknown> {
  return { architecture, os, "os.version": osVersion, "os.features": osFeatures, variant };
}

/** The map with its keys in the order of Go's encoder; undefined for an empty one. */
export function sorted(texts: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  const entries = Object.entries(texts ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Checks a map of texts, as annotations are. */
export function readTexts(value: unknown, where: string): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw manifestInvalid(`${where} are no map`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw manifestInvalid(`${where}: ${JSON.stringify(key)} is no text`);
  }
  return value as Readonly<Record<string, string>>;
}

/** Whether parsed JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
