import { opendir, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { StoredBlob, StoredUpload } from "../blob-store.ts";
import { ALGORITHMS, blobDigestOf, isUploadId } from "../names.ts";
import { ifThere } from "./system-errors.ts";

/** All blobs in the folder `blobs` of a store. Other names are passed over. */
export async function* listBlobs(folder: string, signal?: AbortSignal): AsyncGenerator<StoredBlob, void, undefined> {
  for (const algorithm of ALGORITHMS) {
    for await (const part of entriesOf(join(folder, algorithm), signal)) {
      if (!/^[a-f0-9]{2}$/.test(basename(part))) continue;
      for await (const path of entriesOf(part, signal)) {
        const digest = blobDigestOf(algorithm, basename(path));
        if (digest === undefined) continue;
        const found = await ifThere(stat(path));
        if (found?.isFile()) yield { digest, size: found.size, modifiedAt: found.mtime };
      }
    }
  }
}

/** All uploads in the folder `uploads` of a store. */
export async function* listUploads(
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<StoredUpload, void, undefined> {
  for await (const path of entriesOf(folder, signal)) {
    if (!isUploadId(basename(path))) continue;
    const modifiedAt = await lastChange(path, signal);
    if (modifiedAt) yield { id: basename(path), modifiedAt };
  }
}

/** Of the folder or of a file in it. */
async function lastChange(folder: string, signal: AbortSignal | undefined): Promise<Date | undefined> {
  let latest = (await ifThere(stat(folder)))?.mtime;
  const names = (latest && (await ifThere(readdir(folder)))) ?? [];
  for (const path of names.map((name) => join(folder, name))) {
    signal?.throwIfAborted();
    const changed = (await ifThere(stat(path)))?.mtime;
    if (latest && changed && changed > latest) latest = changed;
  }
  return latest;
}

async function* entriesOf(folder: string, signal: AbortSignal | undefined): AsyncGenerator<string, void, undefined> {
  for await (const entry of await opendir(folder)) {
    signal?.throwIfAborted();
    yield join(folder, entry.name);
  }
}
