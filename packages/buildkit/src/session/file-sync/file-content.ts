import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { systemCodeOf } from "@opendepot/base";
import { type ByteString, toFsPath, toText } from "../../filter/byte-string.ts";
import { contextUnreadable } from "../problems.ts";
import type { SparedBuffers } from "./spared-buffers.ts";

const readAsync = promisify(read);

// Not blocking: what was a file when it was listed may be a FIFO by now.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Errors that mean: what was listed as a file is none any more. */
const GONE = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ENODEV"]);
const UNREADABLE_KINDS = new Set(["ESPIPE", "EAGAIN", "EISDIR"]);

/** A file of a tree, opened for reading. */
export interface OpenedFile extends Disposable {
  readonly fd: number;
  readonly path: ByteString;
}

/**
 * Opens a file for its content. Undefined when it has vanished, or is clearly no regular file any more: the
 * protocol sends those as empty, as fsutil does.
 *
 * @throws {Problem} `context_unreadable`
 */
export function openFile(root: ByteString, path: ByteString): OpenedFile | undefined {
  try {
    const fd = openSync(toFsPath(`${root}/${path}`), OPEN_FLAGS);
    return { fd, path, [Symbol.dispose]: () => closeSync(fd) };
  } catch (error) {
    if (GONE.has(systemCodeOf(error) ?? "")) return undefined;
    throw contextUnreadable(toText(path), error);
  }
}

/** Reads from the beginning into a part of `target`. Gives how many bytes there were. */
export function readStart(file: OpenedFile, target: Buffer, part: { offset: number; length: number }): number {
  try {
    return readSync(file.fd, target, part.offset, part.length, 0);
  } catch (error) {
    if (UNREADABLE_KINDS.has(systemCodeOf(error) ?? "")) return 0;
    throw contextUnreadable(toText(file.path), error);
  }
}

/** A piece of a file behind some room for headers. Its buffer is from the given ones, and is to be given back. */
export interface Chunk {
  readonly buffer: Buffer;
  readonly length: number;
}

/**
 * Reads a file from `position` to its end, whatever its size was, always one piece ahead of the consumer.
 * Nothing when it is no regular file.
 *
 * @throws {Problem} `context_unreadable`
 */
export async function* readChunks(
  file: OpenedFile,
  options: { readonly position: number; readonly headroom: number; readonly buffers: SparedBuffers },
): AsyncGenerator<Chunk> {
  const { size, isRegular } = sizeOf(file);
  if (!isRegular) return;
  let position = options.position;
  const readNext = async (): Promise<Chunk> => {
    const buffer = options.buffers.take(options.headroom + Math.max(size - position + 1, 4096));
    try {
      const wanted = buffer.length - options.headroom;
      const { bytesRead } = await readAsync(file.fd, buffer, options.headroom, wanted, position);
      return { buffer, length: bytesRead };
    } catch (error) {
      throw contextUnreadable(toText(file.path), error);
    }
  };
  let ahead = readNext();
  try {
    for (let chunk = await ahead; chunk.length > 0; chunk = await ahead) {
      position += chunk.length;
      ahead = readNext();
      yield chunk;
    }
  } finally {
    await ahead.catch(() => undefined); // the file may be closed only when nothing reads from it
  }
}

function sizeOf(file: OpenedFile): { size: number; isRegular: boolean } {
  const stat = fstatSync(file.fd);
  return { size: stat.size, isRegular: stat.isFile() };
}
