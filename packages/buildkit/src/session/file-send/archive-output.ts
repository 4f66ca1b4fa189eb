import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type FileHandle, mkdir, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { systemCodeOf } from "@opendepot/base";
import { BytesMessage } from "../../gen/moby/filesync/v1/filesync.ts";
import { decode } from "../../wire/index.ts";
import { isSystemError, outputIncomplete, outputIsFolder, outputUnwritable } from "../problems.ts";
import type { SessionCall } from "../service.ts";

/** Pieces are gathered up to this size before they are written; BuildKit sends some of a few bytes. */
const GATHER_BYTES = 512 * 1024;

/** A tar ends with this many zero bytes. */
const TAR_END_BYTES = 1024;

/**
 * Receives an archive into a file. It is written beside `path`, whose directory is created when missing, and
 * renamed when it is whole; until then, and when anything fails, what was at `path` stays. Something that is no
 * regular file, such as `/dev/null` or a FIFO, is written to as it is.
 *
 * @throws {Problem} `output_unwritable`, `output_is_folder`, `output_incomplete`
 */
export async function receiveFile(call: SessionCall, path: string): Promise<void> {
  await using file = await openOutput(path);
  const last = new Tail();
  try {
    for await (const piece of gather(call)) {
      last.add(piece);
      for (let at = 0; at < piece.length; ) at += (await file.handle.write(piece, at)).bytesWritten;
    }
  } catch (error) {
    throw isSystemError(error) ? outputUnwritable(path, error) : error;
  }
  // An engine that fails half-way ends the stream as if it were whole.
  if (!last.isZero) throw outputIncomplete(path);
  await file.commit();
}

/**
 * Receives an archive into a stream, which is left open.
 *
 * @throws {Problem} `output_unwritable` when the stream fails, as a pipe does that nobody reads any more
 */
export async function receiveStream(call: SessionCall, stream: Writable): Promise<void> {
  let failure: unknown;
  const onError = (error: unknown): void => {
    failure ??= error;
  };
  stream.on("error", onError);
  try {
    for await (const piece of gather(call)) {
      if (failure !== undefined || stream.destroyed) break;
      if (!stream.write(piece)) await once(stream, "drain", { signal: call.signal });
    }
  } catch (error) {
    if (call.signal.aborted) throw error;
    failure ??= error;
  } finally {
    stream.off("error", onError);
  }
  if (failure !== undefined || stream.destroyed) throw outputUnwritable("the output stream", failure);
}

/** The bytes of a stream of BytesMessage, in pieces worth writing. */
async function* gather(call: SessionCall): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const message of call.messages) {
    const { data } = decode(BytesMessage, message);
    if (data.length === 0) continue; // any number of them may come
    pieces.push(data);
    bytes += data.length;
    if (bytes < GATHER_BYTES) continue;
    yield Buffer.concat(pieces, bytes);
    [pieces, bytes] = [[], 0];
    call.signal.throwIfAborted();
  }
  if (bytes > 0) yield Buffer.concat(pieces, bytes);
}

/** Remembers how an archive ends. */
class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(piece: Buffer): void {
    const end = piece.subarray(-TAR_END_BYTES);
    this.#bytes = Buffer.concat([this.#bytes, end]).subarray(-TAR_END_BYTES);
  }

  get isZero(): boolean {
    return this.#bytes.length === TAR_END_BYTES && this.#bytes.every((byte) => byte === 0);
  }
}

interface Output extends AsyncDisposable {
  readonly handle: FileHandle;
  /** Puts the file in its place. Without it, disposing removes what was written. */
  commit(): Promise<void>;
}

async function openOutput(path: string): Promise<Output> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const existing = await stat(path).catch(ignoreMissing);
    if (existing?.isDirectory()) throw outputIsFolder(path);
    if (existing && !existing.isFile()) return await openInPlace(path);
    // A link to a file stays one.
    return await openBeside(existing ? await realpath(path) : path, existing?.mode);
  } catch (error) {
    throw isSystemError(error) ? outputUnwritable(path, error) : error;
  }
}

async function openInPlace(path: string): Promise<Output> {
  const handle = await open(path, "w");
  return { handle, commit: async () => {}, [Symbol.asyncDispose]: () => handle.close() };
}

async function openBeside(path: string, mode: number | undefined): Promise<Output> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString("hex")}.tmp`);
  const handle = await open(temporary, "wx", 0o666);
  let isCommitted = false;
  return {
    handle,
    commit: async () => {
      if (mode !== undefined) await handle.chmod(mode & 0o7777);
      await rename(temporary, path);
      isCommitted = true;
    },
    [Symbol.asyncDispose]: async () => {
      await handle.close();
      if (!isCommitted) await unlink(temporary).catch(() => undefined);
    },
  };
}

function ignoreMissing(error: unknown): undefined {
  if (systemCodeOf(error) === "ENOENT") return undefined;
  throw error;
}
