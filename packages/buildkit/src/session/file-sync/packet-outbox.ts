import type { SessionCall } from "../service.ts";
import type { Xattr } from "../xattrs/xattr.ts";
import { GoMode, hasBits } from "./go-file-mode.ts";
import { SparedBuffers } from "./spared-buffers.ts";
import type { TreeEntry } from "./tree-walk.ts";

/** Packets are gathered up to this size before they are sent; small ones are most of all packets. */
const BUFFER_BYTES = 256 * 1024;

/** gRPC's frame: a flag and the length of the message. */
const FRAME_BYTES = 5;

/** A DATA packet is its content behind at most this much: frame, type, id, tag and length. */
export const DATA_HEADER_BYTES: number = FRAME_BYTES + 2 + 6 + 6;

// Fields of fsutil.types.Packet and Stat: tag bytes are number << 3 | wire type.
const PACKET_TYPE = 0x08;
const PACKET_STAT = 0x12;
const PACKET_ID = 0x18;
const PACKET_DATA = 0x22;
const TYPE_DATA = 2;
const STAT_PATH = 0x0a;
const STAT_MODE = 0x10;
const STAT_SIZE = 0x28;
const STAT_MOD_TIME = 0x30;
const STAT_LINKNAME = 0x3a;
const STAT_DEV_MAJOR = 0x40;
const STAT_DEV_MINOR = 0x48;
const STAT_XATTR = 0x52;
const XATTR_NAME = 0x0a;
const XATTR_VALUE = 0x12;

/** Longest encoding of a STAT packet apart from its two texts: eight tags with ten-byte varints, and headers. */
const STAT_FIXED_BYTES = 120;

/** Longest encoding of an extended attribute apart from its name and value: three tags with five-byte varints. */
const XATTR_FIXED_BYTES = 18;

/**
 * Packets on their way to the engine. Several producers may write: each asks for room first, writes at once, and
 * does not wait in between. While one buffer is being sent the next is filled.
 */
export class PacketOutbox {
  readonly #send: SessionCall["sendFramed"];
  readonly #buffers: SparedBuffers = new SparedBuffers(BUFFER_BYTES);
  #buffer: Buffer = this.#buffers.take();
  #at = 0;
  /** Settles when everything handed over so far has gone. */
  #sent: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(send: SessionCall["sendFramed"]) {
    this.#send = send;
  }

  /** How many bytes can be written before {@link room} has to be awaited. */
  get free(): number {
    return this.#buffer.length - this.#at;
  }

  /** Waits until `bytes` can be written; there is a larger buffer for once when they are more than one holds. */
  async room(bytes: number): Promise<void> {
    while (this.free < bytes) {
      await this.#sent;
      // Handed over even when another producer was quicker to send again: nobody waits twice for one buffer.
      if (this.free < bytes) this.#handOver();
      if (this.#at === 0 && this.free < bytes) this.#buffer = Buffer.allocUnsafeSlow(bytes);
    }
  }

  /** Sends what is there, and waits until all of it has gone. */
  async flush(): Promise<void> {
    this.#handOver();
    await this.#sent;
  }

  /** Sends what is there unless something is still on its way; does not wait. */
  flushSoon(): void {
    if (this.#pending === 0) this.#handOver();
  }

  /** Sends frames of the caller's own making behind everything written so far; see {@link SessionCall.sendFramed}. */
  async sendDirect(frames: Uint8Array, onLeft: () => void): Promise<void> {
    this.#handOver();
    await this.#enqueue(frames, onLeft);
  }

  /** Room that {@link writeStat} needs for `entry`. */
  statBytes(entry: TreeEntry, xattrs: readonly Xattr[]): number {
    let bytes = STAT_FIXED_BYTES + entry.path.length + entry.linkname.length;
    for (const { name, value } of xattrs) bytes += XATTR_FIXED_BYTES + Buffer.byteLength(name) + value.length;
    return bytes;
  }

  writeStat(entry: TreeEntry, xattrs: readonly Xattr[]): void {
    const { stat, mode, path, linkname } = entry;
    const size = hasBits(mode, GoMode.directory) ? 0n : stat.size;
    const bodyStart = this.#at + FRAME_BYTES + 1 + 4;
    let at = this.#text(bodyStart, STAT_PATH, path);
    at = writeVarint(this.#buffer, this.#tag(at, STAT_MODE), mode);
    if (size > 0n) at = writeBigVarint(this.#buffer, this.#tag(at, STAT_SIZE), size);
    if (stat.mtimeNs !== 0n) at = writeBigVarint(this.#buffer, this.#tag(at, STAT_MOD_TIME), stat.mtimeNs);
    if (linkname !== "") at = this.#text(at, STAT_LINKNAME, linkname);
    if (hasBits(mode, GoMode.device)) at = this.#device(at, stat.rdev);
    for (const xattr of xattrs) at = this.#xattr(at, xattr);
    const bodyBytes = at - bodyStart;
    const header = this.#tag(this.#at + FRAME_BYTES, PACKET_STAT);
    // The length always takes four bytes, padded as protobuf allows; that leaves the body where it is.
    this.#buffer[header] = (bodyBytes & 0x7f) | 0x80;
    this.#buffer[header + 1] = ((bodyBytes >> 7) & 0x7f) | 0x80;
    this.#buffer[header + 2] = ((bodyBytes >> 14) & 0x7f) | 0x80;
    this.#buffer[header + 3] = bodyBytes >> 21;
    this.#frame(at);
  }

  /** A STAT packet without a stat: there are no more. */
  writeEndOfStats(): void {
    this.#frame(this.#at + FRAME_BYTES);
  }

  /** A DATA packet without data: the file's end. Needs {@link DATA_HEADER_BYTES} of room. */
  writeEndOfFile(id: number): void {
    this.#frame(writeDataHead(this.#buffer, this.#at + FRAME_BYTES, id));
  }

  /**
   * A DATA packet whose content `read` puts into the buffer itself, at the given offset; it tells how many bytes.
   * Needs them and {@link DATA_HEADER_BYTES} of room. Nothing is written when there were none.
   */
  writeData(id: number, read: (target: Buffer, offset: number) => number): number {
    const contentStart = this.#at + DATA_HEADER_BYTES;
    const length = read(this.#buffer, contentStart);
    if (length === 0) return 0;
    const head = writeDataHead(this.#buffer, this.#at + FRAME_BYTES, id);
    const content = writeVarint(this.#buffer, this.#tag(head, PACKET_DATA), length);
    this.#buffer.copyWithin(content, contentStart, contentStart + length);
    this.#frame(content + length);
    return length;
  }

  #frame(end: number): void {
    this.#buffer[this.#at] = 0;
    this.#buffer.writeUInt32BE(end - this.#at - FRAME_BYTES, this.#at + 1);
    this.#at = end;
  }

  #handOver(): void {
    if (this.#at === 0) return;
    const full = this.#buffer;
    const frames = full.subarray(0, this.#at);
    this.#buffer = this.#buffers.take();
    this.#at = 0;
    void this.#enqueue(frames, () => this.#buffers.giveBack(full)); // failures reach whoever asks for room next
  }

  #enqueue(frames: Uint8Array, onLeft: () => void): Promise<void> {
    this.#pending++;
    this.#sent = this.#sent.then(() => this.#send(frames, onLeft)).finally(() => this.#pending--);
    this.#sent.catch(() => undefined);
    return this.#sent;
  }

  #tag(at: number, tag: number): number {
    this.#buffer[at] = tag;
    return at + 1;
  }

  #text(at: number, tag: number, text: string): number {
    const start = writeVarint(this.#buffer, this.#tag(at, tag), text.length);
    return start + this.#buffer.write(text, start, "latin1");
  }

  /** An entry of a map: a message of its own, of key and value. */
  #xattr(start: number, { name, value }: Xattr): number {
    const nameBytes = Buffer.byteLength(name);
    const length = 2 + varintBytes(nameBytes) + nameBytes + varintBytes(value.length) + value.length;
    let at = writeVarint(this.#buffer, this.#tag(start, STAT_XATTR), length);
    at = writeVarint(this.#buffer, this.#tag(at, XATTR_NAME), nameBytes);
    at += this.#buffer.write(name, at, "utf8");
    at = writeVarint(this.#buffer, this.#tag(at, XATTR_VALUE), value.length);
    this.#buffer.set(value, at);
    return at + value.length;
  }

  #device(start: number, device: bigint): number {
    const major = (device >> 8n) & 0xfffn;
    const minor = (device & 0xffn) | ((device >> 12n) & 0xfff00n);
    let at = start;
    if (major > 0n) at = writeBigVarint(this.#buffer, this.#tag(at, STAT_DEV_MAJOR), major);
    if (minor > 0n) at = writeBigVarint(this.#buffer, this.#tag(at, STAT_DEV_MINOR), minor);
    return at;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) bytes++;
  return bytes;
}

/** The one frame of a large DATA packet, written in front of content that already lies at `contentStart`. */
export function frameData(buffer: Buffer, id: number, content: { start: number; length: number }): Buffer {
  const head = Buffer.alloc(DATA_HEADER_BYTES);
  let headBytes = writeDataHead(head, FRAME_BYTES, id);
  head[headBytes++] = PACKET_DATA;
  headBytes = writeVarint(head, headBytes, content.length);
  head.writeUInt32BE(headBytes - FRAME_BYTES + content.length, 1);
  const start = content.start - headBytes;
  head.copy(buffer, start, 0, headBytes);
  return buffer.subarray(start, content.start + content.length);
}

function writeDataHead(buffer: Buffer, start: number, id: number): number {
  let at = start;
  buffer[at++] = PACKET_TYPE;
  buffer[at++] = TYPE_DATA;
  if (id === 0) return at;
  buffer[at++] = PACKET_ID;
  return writeVarint(buffer, at, id);
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
  }
  buffer[at++] = rest;
  return at;
}

function writeBigVarint(buffer: Buffer, start: number, value: bigint): number {
  const bits = BigInt.asUintN(64, value);
  let low = Number(bits & 0xffffffffn);
  let high = Number(bits >> 32n);
  let at = start;
  while (high !== 0 || low > 0x7f) {
    buffer[at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  buffer[at++] = low;
  return at;
}
