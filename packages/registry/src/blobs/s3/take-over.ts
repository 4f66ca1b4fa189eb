import { uploadMissing } from "../problems.ts";
import { S3Upload, type UploadDeps } from "./s3-upload.ts";
import { contentsOf } from "./upload-contents.ts";
import { dataKey, type UploadRecord } from "./upload-record.ts";

/**
 * Makes an upload ours by replacing its record. What it has is looked at only afterwards, so all that was acknowledged is
 * in it.
 *
 * @throws {Problem} `upload_missing`, `upload_busy` when somebody else does the same
 */
export async function takeOver(id: string, deps: UploadDeps, signal: AbortSignal): Promise<S3Upload> {
  const found = await deps.records.read(id, signal);
  if (found === undefined) throw uploadMissing(id);
  const etag = await deps.records.replace(id, found.etag, found, signal);
  const contents = await contentsOf(id, found, deps, signal);
  if (contents.isJoined) return await partAgain(id, deps, { etag, found, size: contents.size, signal });
  const tail = contents.hasTail ? found.tail : new Uint8Array();
  const record = { ...found, tail };
  if (found.multipart === undefined || contents.etags.length > 0) {
    return new S3Upload(deps, { id, etag, record, etags: contents.etags });
  }
  // Nothing in it counts, and whoever lost the upload may still be sending parts to it: ours go elsewhere.
  const fresh = { ...record, multipart: undefined, parts: 0 };
  const renewed = await deps.records.replace(id, etag, fresh, signal);
  await deps.multiparts.abort(found.multipart, signal);
  return new S3Upload(deps, { id, etag: renewed, record: fresh, etags: [] });
}

interface Joined {
  readonly etag: string;
  readonly found: UploadRecord;
  readonly size: number;
  readonly signal: AbortSignal;
}

/** A commit got as far as one object and no further. The server makes parts of it again, so that more may follow. */
async function partAgain(id: string, deps: UploadDeps, { etag, found, size, signal }: Joined): Promise<S3Upload> {
  const { partBytes } = found;
  const key = dataKey(id);
  const count = Math.floor(size / partBytes);
  const rest = { start: count * partBytes, end: size };
  const tail = size > rest.start ? (await deps.objects.read(key, rest, signal))?.bytes : new Uint8Array();
  if (tail === undefined) throw uploadMissing(id);
  const multipart = await deps.multiparts.create(key, signal);
  const etags: string[] = [];
  for (let start = 0; start < rest.start; start += partBytes) {
    const part = { key, start, end: start + partBytes };
    etags.push(await deps.slots.run(() => deps.multiparts.copy(multipart, etags.length + 1, part, signal)));
  }
  const record = { multipart, partBytes, parts: count, tail };
  return new S3Upload(deps, { id, etag: await deps.records.replace(id, etag, record, signal), record, etags });
}
