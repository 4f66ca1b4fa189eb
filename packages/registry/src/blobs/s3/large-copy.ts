import type { Multiparts } from "./multiparts.ts";
import type { Objects } from "./objects.ts";

/** What is copied by one request. S3 takes 5 GiB; smaller parts are copied side by side and lose less when one fails. */
const COPY_BYTES = 1024 ** 3;
const COPIES_AT_ONCE = 4;

/** What is copied to where. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  /** Bytes. */
  readonly size: number;
  /** So much by one request, from 5 MiB on. Default: 1 GiB. */
  readonly partBytes?: number | undefined;
}

/** Copies an object of any size, on the server. */
export async function copyOnServer(
  { objects, multiparts }: { readonly objects: Objects; readonly multiparts: Multiparts },
  { from, to, size, partBytes = COPY_BYTES }: Copy,
  signal?: AbortSignal,
): Promise<void> {
  if (size <= partBytes) return await objects.copy(from, to, signal);
  const multipart = await multiparts.create(to, signal);
  try {
    const etags: string[] = [];
    const starts = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => index * partBytes).entries();
    // All workers take from the same list.
    const worker = async (): Promise<void> => {
      for (const [index, start] of starts) {
        const part = { key: from, start, end: Math.min(start + partBytes, size) };
        etags[index] = await multiparts.copy(multipart, index + 1, part, signal);
      }
    };
    await Promise.all(Array.from({ length: COPIES_AT_ONCE }, worker));
    const completion = await multiparts.complete(multipart, etags, signal);
    if (completion === "changed") throw new Error(`the parts of ${to} have changed while it was copied`);
  } catch (error) {
    await multiparts.abort(multipart).catch(() => undefined); // the first error says more
    throw error;
  }
}
