import { abortable, anySignal, isProblem, messageOf } from "@opendepot/base";
import { type ByteString, toText } from "../../filter/byte-string.ts";
import type { TreeFilter } from "../../filter/tree-filter.ts";
import { Packet, Packet_PacketType as PacketType } from "../../gen/fsutil/types/wire.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { decode, encode } from "../../wire/index.ts";
import { contextUnreadable, protocolViolated } from "../problems.ts";
import type { SessionCall } from "../service.ts";
import type { NativeXattrs } from "../xattrs/load-xattrs.ts";
import { readXattrs } from "../xattrs/read-xattrs.ts";
import { NO_XATTRS, type Xattr } from "../xattrs/xattr.ts";
import { type OpenedFile, openFile, readChunks, readStart } from "./file-content.ts";
import { GoMode, hasBits, isRegular } from "./go-file-mode.ts";
import { DATA_HEADER_BYTES, frameData, PacketOutbox } from "./packet-outbox.ts";
import { Slice } from "./slice.ts";
import { SparedBuffers } from "./spared-buffers.ts";
import { type TreeEntry, walkTree } from "./tree-walk.ts";

/** Files up to this size are read in one go, straight into the buffer that is sent. */
const SMALL_BYTES = 64 * 1024;

/** A DATA packet with its headers; BuildKit takes messages of 16 MiB, larger pieces than this gain nothing. */
const CHUNK_BYTES = 1024 * 1024;

/** What was sent so far. */
export interface SentCounts {
  entries: number;
  files: number;
  bytes: number;
}

/** The tree to send, and whom to tell of it. */
export interface TreeTransfer {
  /** An existing directory, symlinks resolved. */
  readonly root: ByteString;
  readonly filter: TreeFilter;
  /** Reads extended attributes; without it none are sent. */
  readonly xattrs?: NativeXattrs | undefined;
  /** Called often; must not throw. */
  readonly onProgress: (counts: Readonly<SentCounts>) => void;
}

/**
 * Sends a tree the way fsutil's `Send` does: STAT for each entry, DATA for what the engine asks for, until it says
 * FIN. An error on this side is told to the engine in an ERR packet, then thrown.
 *
 * @throws {Problem} `context_unreadable`, `pattern_invalid`, `engine_protocol`
 */
export async function sendTree(call: SessionCall, transfer: TreeTransfer): Promise<Readonly<SentCounts>> {
  return await new TreeSender(call, transfer).run();
}

interface OfferedFile {
  readonly path: ByteString;
  /** When it was listed. */
  readonly size: number;
}

class TreeSender {
  readonly #call: SessionCall;
  readonly #transfer: TreeTransfer;
  readonly #outbox: PacketOutbox;
  readonly #buffers: SparedBuffers = new SparedBuffers(CHUNK_BYTES);
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Files that may still be asked for; each only once, which bounds what the engine can demand. */
  readonly #files = new Map<number, OfferedFile>();
  readonly #requests: Array<{ readonly id: number; readonly file: OfferedFile }> = [];
  #requestAt = 0;
  #wake: (() => void) | undefined;
  #isFinished = false;
  readonly #counts: SentCounts = { entries: 0, files: 0, bytes: 0 };

  constructor(call: SessionCall, transfer: TreeTransfer) {
    this.#call = call;
    this.#transfer = transfer;
    this.#outbox = new PacketOutbox((frames, onLeft) => call.sendFramed(frames, onLeft));
    this.#signal = anySignal(call.signal, this.#stop.signal);
  }

  async run(): Promise<Readonly<SentCounts>> {
    const sending = [this.#walk(), this.#serve()];
    try {
      await Promise.all([this.#receive(), ...sending]);
    } catch (error) {
      this.#stop.abort(error);
      await Promise.allSettled(sending); // receiving ends with the call
      if (!this.#call.signal.aborted) await this.#tell(PacketType.PACKET_ERR, textOf(error)).catch(() => undefined);
      throw error;
    }
    await this.#outbox.flush();
    // The engine ends its side only after our trailers: this is the last that is sent.
    await this.#tell(PacketType.PACKET_FIN);
    return this.#counts;
  }

  async #tell(type: number, text = ""): Promise<void> {
    await this.#call.send(encode(Packet, { type, data: Buffer.from(text) }));
  }

  async #receive(): Promise<void> {
    // Not `for await`: leaving it would close the stream before our FIN.
    const messages = this.#call.messages[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await messages.next();
      if (done) throw new GrpcError(GrpcCode.aborted, "the engine ended the file transfer early");
      const packet = decode(Packet, value);
      if (packet.type === PacketType.PACKET_FIN) break;
      if (packet.type === PacketType.PACKET_ERR) {
        throw new GrpcError(
          GrpcCode.aborted,
          `error from the engine: ${toText(Buffer.from(packet.data).toString("latin1"))}`,
        );
      }
      if (packet.type !== PacketType.PACKET_REQ) throw protocolViolated(`packet of type ${packet.type}`);
      this.#accept(packet.id);
    }
    this.#isFinished = true;
    this.#wake?.();
  }

  #accept(id: number): void {
    const file = this.#files.get(id);
    if (!file) throw protocolViolated(`asked for file ${id}, which was not offered or was asked for before`);
    this.#files.delete(id);
    this.#requests.push({ id, file });
    this.#wake?.();
  }

  async #walk(): Promise<void> {
    const slice = new Slice();
    for (const entry of walkTree(this.#transfer.root, this.#transfer.filter)) {
      if (entry) {
        const xattrs = this.#xattrsOf(entry);
        const needed = this.#outbox.statBytes(entry, xattrs);
        if (this.#outbox.free < needed) await this.#outbox.room(needed);
        this.#outbox.writeStat(entry, xattrs);
        if (isRegular(entry.mode)) {
          this.#files.set(this.#counts.entries, { path: entry.path, size: Number(entry.stat.size) });
        }
        this.#counts.entries++;
      }
      if (!slice.isOver) continue;
      this.#outbox.flushSoon();
      this.#transfer.onProgress(this.#counts);
      await slice.rest();
      this.#signal.throwIfAborted();
      if (this.#isFinished) return;
    }
    await this.#outbox.room(DATA_HEADER_BYTES);
    this.#outbox.writeEndOfStats();
    await this.#outbox.flush();
  }

  /** None of a symlink: BuildKit's receiver sets them on what the link leads to, on its own machine. */
  #xattrsOf(entry: TreeEntry): readonly Xattr[] {
    const { xattrs } = this.#transfer;
    if (!xattrs || hasBits(entry.mode, GoMode.symlink)) return NO_XATTRS;
    try {
      return readXattrs(xattrs, entry);
    } catch (error) {
      throw contextUnreadable(toText(entry.path), error);
    }
  }

  async #serve(): Promise<void> {
    const slice = new Slice();
    while (!this.#isFinished) {
      const request = this.#requests[this.#requestAt];
      if (!request) {
        await this.#nextRequest();
        continue;
      }
      this.#requestAt++;
      await this.#sendFile(request.id, request.file);
      this.#counts.files++;
      if (!slice.isOver) continue;
      this.#transfer.onProgress(this.#counts);
      await slice.rest();
      this.#signal.throwIfAborted();
    }
  }

  async #nextRequest(): Promise<void> {
    this.#requests.length = 0;
    this.#requestAt = 0;
    await this.#outbox.flush();
    if (this.#requests.length > 0 || this.#isFinished) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await abortable(promise, this.#signal);
    this.#wake = undefined;
  }

  async #sendFile(id: number, offered: OfferedFile): Promise<void> {
    using file = openFile(this.#transfer.root, offered.path);
    if (file) {
      const length = offered.size <= SMALL_BYTES ? await this.#sendSmall(id, file, offered.size) : 0;
      if (length !== offered.size) await this.#sendChunks(id, file, length);
    }
    if (this.#outbox.free < DATA_HEADER_BYTES) await this.#outbox.room(DATA_HEADER_BYTES);
    this.#outbox.writeEndOfFile(id);
  }

  /** Sends a file that should have `size` bytes, and gives how many it had: one more when it has grown. */
  async #sendSmall(id: number, file: OpenedFile, size: number): Promise<number> {
    const wanted = size + 1;
    const needed = wanted + 2 * DATA_HEADER_BYTES;
    if (this.#outbox.free < needed) await this.#outbox.room(needed);
    const length = this.#outbox.writeData(id, (target, offset) => readStart(file, target, { offset, length: wanted }));
    this.#counts.bytes += length;
    return length;
  }

  async #sendChunks(id: number, file: OpenedFile, position: number): Promise<void> {
    const options = { position, headroom: DATA_HEADER_BYTES, buffers: this.#buffers };
    for await (const { buffer, length } of readChunks(file, options)) {
      const frame = frameData(buffer, id, { start: DATA_HEADER_BYTES, length });
      await this.#outbox.sendDirect(frame, () => this.#buffers.giveBack(buffer));
      this.#signal.throwIfAborted();
      this.#counts.bytes += length;
      this.#transfer.onProgress(this.#counts);
    }
  }
}

/** With the hint: the engine's error is what people get to see. */
function textOf(error: unknown): string {
  return isProblem(error) && error.hint ? `${error.message} (${error.hint})` : messageOf(error);
}
