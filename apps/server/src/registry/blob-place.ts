import { join, resolve } from "node:path";
import { type BlobStore, openFolderStore } from "@opendepot/registry";
import { optionInvalid } from "../problems.ts";

/** Where the bytes of saved images are. */
export type BlobPlace =
  | { readonly kind: "folder"; readonly folder: string }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      readonly prefix: string;
      readonly region: string | undefined;
      /** Of a store that is not Amazon's. */
      readonly endpoint: URL | undefined;
      readonly forcePathStyle: boolean | undefined;
      /** Whether clients fetch blobs from the bucket by themselves. */
      readonly isRedirecting: boolean;
    };

const HINT = "use a folder, or s3://BUCKET/PREFIX?endpoint=https://…&region=…&path-style=true&redirect=true";
const FLAG = "--blob-store";

/**
 * Reads `--blob-store`; without it, a folder below the data folder.
 *
 * @throws {Problem} `option_invalid`
 */
export function parseBlobPlace(text: string | undefined, around: { dataDir: string; cwd: string }): BlobPlace {
  if (text === undefined) return { kind: "folder", folder: join(around.dataDir, "registry") };
  if (!text.startsWith("s3://")) {
    if (/^[a-z0-9]+:\/\//.test(text)) throw optionInvalid(FLAG, text, HINT);
    return { kind: "folder", folder: resolve(around.cwd, text) };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Credentials do not belong into a command line that every user of the machine can read.
  if (!url?.hostname || url.username || url.password || url.hash) throw optionInvalid(FLAG, "(not shown)", HINT);
  const options = new Map(url.searchParams);
  const take = (name: string): string | undefined => {
    const value = options.get(name);
    options.delete(name);
    return value || undefined;
  };
  const place: BlobPlace = {
    kind: "s3",
    bucket: url.hostname,
    prefix: decodeURIComponent(url.pathname.slice(1)),
    region: take("region"),
    endpoint: parseEndpoint(take("endpoint"), text),
    forcePathStyle: parseSwitch(take("path-style"), text),
    isRedirecting: parseSwitch(take("redirect"), text) ?? false,
  };
  const [unknown] = options.keys();
  if (unknown !== undefined) throw optionInvalid(FLAG, text, `there is no ${JSON.stringify(unknown)}: ${HINT}`);
  return place;
}

function parseEndpoint(text: string | undefined, whole: string): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw optionInvalid(FLAG, whole, HINT);
  return url;
}

function parseSwitch(text: string | undefined, whole: string): boolean | undefined {
  if (text === undefined) return undefined;
  if (text !== "true" && text !== "false") throw optionInvalid(FLAG, whole, HINT);
  return text === "true";
}

/**
 * Opens the place; the caller disposes of it. The keys of S3 are where Amazon's own tools look for them, for instance in
 * `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
 *
 * @throws {Problem} those of the registry's blob stores
 */
export async function openBlobPlace(place: BlobPlace, signal?: AbortSignal): Promise<BlobStore> {
  if (place.kind === "folder") return await openFolderStore({ folder: place.folder });
  const { openS3Store } = await import("@opendepot/registry/s3");
  const { bucket, prefix, region, endpoint, forcePathStyle, isRedirecting } = place;
  const redirect = isRedirecting ? {} : undefined;
  return await openS3Store({ bucket, prefix, region, endpoint, forcePathStyle, redirect }, signal);
}

/** For people and logs. */
export function describeBlobPlace(place: BlobPlace): string {
  return place.kind === "folder" ? place.folder : `s3://${place.bucket}/${place.prefix}`;
}
