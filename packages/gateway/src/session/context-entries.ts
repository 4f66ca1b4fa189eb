/** gRPC's frame: a flag and the length of the message. */
const FRAME_BYTES = 5;

/** Wire types of protobuf. */
const WireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/** `Packet.stat`, as a tag. */
const STAT_TAG = 0x12;
/** Fields of `Stat`, as tags. */
const StatTag = { mode: 0x10, xattrs: 0x52 } as const;
/** Of the same wire type as `Stat.xattrs`, and of no field that there is: 15. */
const UNKNOWN_TAG = 0x7a;
/** Fields from here on have longer tags; no message here has any. */
const FIRST_LONG_TAG = 16 << 3;
const MAX_TAG = 0xffff_ffff;
const MAX_VARINT_BYTES = 10;

/** Go's `os.ModeSymlink`. */
const MODE_SYMLINK = 1 << 27;

/**
 * Takes the extended attributes away from symlinks in the contexts that a client sends. Engines set them with `setxattr`,
 * which follows the link to a file of their own machine (BuildKit 0.32, fsutil's receiver). Hard links are no way around:
 * the receiver takes only those to files that came before as files.
 *
 * An attribute becomes a field that nobody knows, in place: nothing is held back, and no length changes.
 */
export class ContextEntries {
  readonly #onStripped: () => void;
  readonly #streams = new Map<number, PacketStream>();

  /** @param onStripped called for every attribute that was taken away */
  constructor(onStripped: () => void) {
    this.#onStripped = onStripped;
  }

  /** What the client sends on this stream is a context. */
  expect(streamId: number): void {
    this.#streams.set(streamId, new PacketStream(this.#onStripped));
  }

  has(streamId: number): boolean {
    return this.#streams.has(streamId);
  }

  forget(streamId: number): void {
    this.#streams.delete(streamId);
  }

  /**
   * Sees, and changes, bytes of any stream before they are passed on; those of others are left alone.
   *
   * @throws {Error} for what no honest client sends, and an engine might read otherwise than it is read here
   */
  take(streamId: number, bytes: Uint8Array): void {
    this.#streams.get(streamId)?.push(bytes);
  }
}

/** The client's messages in one call of `FileSync/DiffCopy`, each a `fsutil.types.Packet`, read field by field. */
class PacketStream {
  readonly #onStripped: () => void;
  #frameAt = 0;
  /** Bytes that are left of the message. */
  #messageLeft = 0;
  /** Bytes that are left of the entry in the message; undefined outside of one. */
  #statLeft: number | undefined;
  /** Bytes that are left of a field's value that is of no interest. */
  #skip = 0;
  #part: "tag" | "number" | "length" = "tag";
  #tag = 0;
  #varint = 0;
  /** The last 32 bits of it: numbers above 2^53 are not exact. */
  #varintLow = 0;
  #varintBytes = 0;
  /** Of the message's entry: whether it is a symlink, and whether attributes have passed. */
  #isSymlink = false;
  #hasAttributes = false;

  constructor(onStripped: () => void) {
    this.#onStripped = onStripped;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#messageLeft === 0 || this.#frameAt > 0) {
        this.#takeFrame(bytes[at++] ?? 0);
        continue;
      }
      const count = this.#skip > 0 ? Math.min(this.#skip, bytes.length - at) : 1;
      this.#messageLeft -= count;
      if (this.#statLeft !== undefined) this.#statLeft -= count;
      if (this.#skip > 0) this.#skip -= count;
      else this.#takeByte(bytes, at);
      at += count;
      this.#settle();
    }
  }

  #takeFrame(byte: number): void {
    if (this.#frameAt === 0 && byte !== 0) throw new Error("a context is compressed");
    if (this.#frameAt > 0) this.#messageLeft = this.#messageLeft * 256 + byte;
    this.#frameAt = (this.#frameAt + 1) % FRAME_BYTES;
  }

  #takeByte(bytes: Uint8Array, at: number): void {
    const byte = bytes[at] ?? 0;
    const isTag = this.#part === "tag" && this.#varintBytes === 0;
    if (isTag && byte === StatTag.xattrs && this.#statLeft !== undefined) {
      if (this.#isSymlink) {
        bytes[at] = UNKNOWN_TAG;
        this.#onStripped();
      } else this.#hasAttributes = true;
    }
    const shift = 7 * this.#varintBytes;
    this.#varint += (byte & 0x7f) * 2 ** shift;
    if (shift < 32) this.#varintLow |= (byte & 0x7f) << shift;
    this.#varintBytes++;
    if (byte <= 0x7f) this.#takeVarint();
    else if (this.#varintBytes === MAX_VARINT_BYTES) throw broken();
  }

  #takeVarint(): void {
    if (this.#part === "tag") this.#onTag(this.#varint, this.#varintBytes);
    else if (this.#part === "length") this.#onLength(this.#varint);
    else this.#onNumber(this.#varintLow);
    this.#varint = 0;
    this.#varintLow = 0;
    this.#varintBytes = 0;
  }

  #onTag(tag: number, bytes: number): void {
    // There is one way only to write a tag. Others might hide a field: Go's decoders drop what is above 32 bits.
    if (tag < 8 || tag > MAX_TAG || (bytes > 1 && tag < FIRST_LONG_TAG)) throw broken();
    this.#tag = tag;
    const wireType = tag % 8;
    if (wireType === WireType.varint) this.#part = "number";
    else if (wireType === WireType.lengthDelimited) this.#part = "length";
    else if (wireType === WireType.fixed64) this.#skip = 8;
    else if (wireType === WireType.fixed32) this.#skip = 4;
    else throw broken();
  }

  #onNumber(low: number): void {
    this.#part = "tag";
    if (this.#statLeft === undefined || this.#tag !== StatTag.mode || (low & MODE_SYMLINK) === 0) return;
    this.#isSymlink = true;
    if (this.#hasAttributes) throw new Error("a symlink's attributes come before it is told to be one");
  }

  #onLength(length: number): void {
    this.#part = "tag";
    if (length > (this.#statLeft ?? this.#messageLeft)) throw broken();
    if (this.#statLeft === undefined && this.#tag === STAT_TAG) this.#statLeft = length;
    else this.#skip = length;
  }

  /** Leaves the entry, and the message, where they end: between two fields. */
  #settle(): void {
    const isBetweenFields = this.#part === "tag" && this.#varintBytes === 0 && this.#skip === 0;
    if (this.#statLeft === 0) {
      if (!isBetweenFields) throw broken();
      this.#statLeft = undefined;
    }
    if (this.#messageLeft > 0) return;
    if (!isBetweenFields || this.#statLeft !== undefined) throw broken();
    this.#isSymlink = false;
    this.#hasAttributes = false;
  }
}

function broken(): Error {
  return new Error("a context's messages are broken");
}
