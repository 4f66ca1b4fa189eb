import { createReadStream } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { systemCodeOf } from "@opendepot/base";
import type { BlobCache } from "../cache/blob-cache.ts";
import { archiveInvalid, contentTooLarge } from "../problems.ts";
import { normalized, readTar, type TarEntry } from "./tar.ts";

/** A file of an archive. */
export interface ArchivedFile {
  readonly size: number;
  open(): AsyncIterable<Buffer>;
}

/** An image in a folder or in a tar, as files by their names. Disposing closes it. */
export interface Archive extends AsyncDisposable {
  /** What to call it, for people. */
  readonly name: string;
  find(path: string): Promise<ArchivedFile | undefined>;
}

const PIECE_BYTES = 256 * 1024;

/**
 * Opens a folder, a tar or a tar that gzip has compressed; that one is unpacked first into a file of the cache's folder,
 * of at most `maxBytes`.
 *
 * @throws {Problem} `archive_invalid`, `content_too_large`
 */
export async function openArchive(path: string, cache: BlobCache, maxBytes: number): Promise<Archive> {
  const found = await stat(path).catch((cause: unknown) => {
    throw archiveInvalid(path, systemCodeOf(cause) === "ENOENT" ? "there is no such file" : "it cannot be read", cause);
  });
  if (found.isDirectory()) return openFolder(path);
  const file = await open(path, "r").catch((cause: unknown) => {
    throw archiveInvalid(path, "it cannot be read", cause);
  });
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(file);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  const isGzip = buffer[0] === 0x1f && buffer[1] === 0x8b;
  const tar = isGzip ? await unpack(path, { cache, cleanup, maxBytes }) : file;
  const entries = await readTar(tar, path);
  const owned = cleanup.move();
  return {
    name: path,
    find: async (name) => {
      const entry = entries.get(normalized(name));
      return entry && { size: entry.size, open: () => piecesOf(tar, entry) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function unpack(
  path: string,
  parts: { readonly cache: BlobCache; readonly cleanup: AsyncDisposableStack; readonly maxBytes: number },
): Promise<FileHandle> {
  const { cache, cleanup, maxBytes } = parts;
  const { createGunzip } = await import("node:zlib");
  const unpacked = await cache.begin();
  cleanup.defer(() => cache.discard(unpacked));
  const packed = createReadStream(path);
  const gunzip = packed.pipe(createGunzip());
  packed.on("error", (error) => gunzip.destroy(error));
  let bytes = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBytes) throw contentTooLarge(path, maxBytes);
      await unpacked.file.writeFile(piece);
    }
  } catch (cause) {
    if (!/^Z_/.test(systemCodeOf(cause) ?? "")) throw cause;
    throw archiveInvalid(path, "gzip cannot unpack it", cause);
  } finally {
    packed.destroy();
  }
  return unpacked.file;
}

async function* piecesOf(file: FileHandle, { offset, size }: TarEntry): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const length = Math.min(PIECE_BYTES, size - at);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset + at);
    if (bytesRead === 0) return; // whoever checks the content says what that means
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** No name and no link in a layout leads out of its folder. */
async function openFolder(folder: string): Promise<Archive> {
  const root = await realpath(folder);
  return {
    name: folder,
    find: async (name) => {
      const path = await realpath(join(root, normalized(name))).catch(() => undefined);
      if (!path?.startsWith(root + sep)) return undefined;
      const found = await stat(path);
      return found.isFile() ? { size: found.size, open: () => createReadStream(path) } : undefined;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
