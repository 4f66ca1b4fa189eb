import { parseDigest, splitDigest } from "@opendepot/oci";
import { digestUnsupported, uploadIdInvalid } from "./problems.ts";

/** The algorithms that a blob may be named by. */
export const ALGORITHMS = ["sha256", "sha512"] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/** A digest in its parts, each safe to be part of a path. */
export interface BlobName {
  readonly algorithm: Algorithm;
  /** Lower-case, as long as the algorithm wants. */
  readonly hex: string;
}

/**
 * Reads the digest of a blob.
 *
 * @throws {Problem} `digest_invalid`
 */
export function parseBlobDigest(digest: string): BlobName {
  const { algorithm, hex } = splitDigest(parseDigest(digest));
  const known = ALGORITHMS.find((name) => name === algorithm);
  if (known === undefined) throw digestUnsupported(digest);
  return { algorithm: known, hex };
}

const HEX_LENGTH: Readonly<Record<Algorithm, number>> = { sha256: 64, sha512: 128 };

/** The digest that the name of a stored thing stands for; undefined if it is none. */
export function blobDigestOf(algorithm: string, hex: string): string | undefined {
  const known = ALGORITHMS.find((name) => name === algorithm);
  const isHex = known !== undefined && hex.length === HEX_LENGTH[known] && /^[a-f0-9]+$/.test(hex);
  return isHex ? `${known}:${hex}` : undefined;
}

/** Where a blob lies below the place of a store: `blobs/sha256/ab/abcd…`. Folders stay small that way. */
export function blobKey({ algorithm, hex }: BlobName): string {
  return `blobs/${algorithm}/${hex.slice(0, 2)}/${hex}`;
}

const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether `id` may be the id of an upload. */
export function isUploadId(id: string): boolean {
  return UPLOAD_ID.test(id);
}

/**
 * Lets pass what may be the id of an upload, and so be part of a path.
 *
 * @throws {Problem} `upload_id_invalid`
 */
export function checkUploadId(id: string): string {
  if (!isUploadId(id)) throw uploadIdInvalid(id);
  return id;
}
