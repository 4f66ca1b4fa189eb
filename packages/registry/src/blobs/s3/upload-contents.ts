import { uploadMissing } from "../problems.ts";
import type { Multiparts } from "./multiparts.ts";
import type { Objects } from "./objects.ts";
import { dataKey, type KnownRecord } from "./upload-record.ts";

/** What the bucket has of an upload. */
export interface UploadContents {
  /** All of it, in bytes. */
  readonly size: number;
  /** Of the whole parts, from the first on. */
  readonly etags: readonly string[];
  /** Whether the tail of the record follows them. */
  readonly hasTail: boolean;
  /** Whether the parts were joined already, by a commit that came no further. */
  readonly isJoined: boolean;
}

const NOTHING: UploadContents = { size: 0, etags: [], hasTail: false, isJoined: false };

/**
 * Finds out what another process has left of an upload. Parts that were sent for a digest which was told before do not
 * count: they can be read only once they are a blob, so nobody could tell whether they are right.
 */
export async function contentsOf(
  id: string,
  record: KnownRecord,
  { objects, multiparts }: { readonly objects: Objects; readonly multiparts: Multiparts },
  signal?: AbortSignal,
): Promise<UploadContents> {
  const { multipart, partBytes } = record;
  if (multipart === undefined) return { ...NOTHING, size: record.tailBytes, hasTail: true };
  if (multipart.key !== dataKey(id)) return NOTHING;
  const parts = await multiparts.parts(multipart, signal);
  if (parts === undefined) {
    const joined = await objects.head(multipart.key, signal);
    if (joined === undefined) throw uploadMissing(id);
    return { ...NOTHING, size: joined.size, isJoined: true };
  }
  const whole = parts.filter(({ number, size }, index) => number === index + 1 && size === partBytes);
  const hasTail = whole.length === record.parts;
  const size = whole.length * partBytes + (hasTail ? record.tailBytes : 0);
  return { size, etags: whole.map(({ etag }) => etag), hasTail, isJoined: false };
}
