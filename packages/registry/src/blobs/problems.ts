import { messageOf, Problem } from "@opendepot/base";

/** What a blob store may throw as a {@link Problem}. */
export type BlobProblemCode =
  | "digest_invalid"
  | "store_full"
  | "store_unreachable"
  | "digest_mismatch"
  | "blob_missing"
  | "upload_missing"
  | "upload_offset_wrong"
  | "upload_busy"
  | "upload_too_large"
  | "upload_id_invalid";

/** There is no room left, or the quota is used up. */
export function storeFull(place: string, cause: unknown): Problem<"store_full"> {
  return new Problem("store_full", `no space is left in ${place}`, {
    cause,
    hint: "make room or collect garbage, then push again: uploads go on where they were",
    detail: { place },
  });
}

/** The store does not answer, or not as it should. */
export function storeUnreachable(place: string, cause: unknown): Problem<"store_unreachable"> {
  return new Problem("store_unreachable", `cannot reach the blob store ${place}: ${messageOf(cause)}`, {
    cause,
    hint: "check that the store is there and that the server may read and write it",
    detail: { place },
  });
}

/** The bytes of an upload are not what was promised. */
export function digestMismatch(expected: string, actual: string): Problem<"digest_mismatch"> {
  return new Problem("digest_mismatch", `the upload is ${actual}, not ${expected}`, {
    hint: "push the blob again",
    detail: { expected, actual },
  });
}

/** A digest of an algorithm that blobs are not stored by. */
export function digestUnsupported(digest: string): Problem<"digest_invalid"> {
  return new Problem("digest_invalid", `blobs are not stored by ${digest.split(":", 1)[0]}`, {
    hint: "use sha256 or sha512",
    detail: { digest },
  });
}

/** A blob that the store does not have. */
export function blobMissing(digest: string): Problem<"blob_missing"> {
  return new Problem("blob_missing", `no blob ${digest}`, { detail: { digest } });
}

/** An upload that the store does not have, or no longer. */
export function uploadMissing(id: string): Problem<"upload_missing"> {
  return new Problem("upload_missing", `no upload ${id}`, { hint: "start a new upload", detail: { id } });
}

/** An append that does not begin where the upload ends. */
export function uploadOffsetWrong(id: string, offset: number, size: number): Problem<"upload_offset_wrong"> {
  return new Problem("upload_offset_wrong", `upload ${id} has ${size} bytes, so nothing can follow at ${offset}`, {
    hint: `go on at ${size}`,
    detail: { id, offset, size },
  });
}

/** An upload that somebody else works on. */
export function uploadBusy(id: string): Problem<"upload_busy"> {
  return new Problem("upload_busy", `upload ${id} is in use by another request`, {
    hint: "ask for its size, then go on from there",
    detail: { id },
  });
}

/** More bytes than the store can take as one blob. */
export function uploadTooLarge(id: string, maxBytes: number): Problem<"upload_too_large"> {
  return new Problem("upload_too_large", `upload ${id} is larger than ${maxBytes} bytes`, {
    hint: "configure larger parts",
    detail: { id, maxBytes },
  });
}

/** An id that is no name of an upload. */
export function uploadIdInvalid(id: string): Problem<"upload_id_invalid"> {
  return new Problem("upload_id_invalid", `not the id of an upload: ${JSON.stringify(id.slice(0, 200))}`, {
    hint: "an id has 1 to 128 letters, digits, - and _",
    detail: {},
  });
}
