export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** Bytes that are not the protobuf message they should be. */
export class WireError extends Error {
  override name = "WireError";
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true }); // "ignore" means: leave it in the text

/** Reads protobuf's wire format from a buffer, never past its end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  error(message: string): WireError {
    return new WireError(`${message} (at byte ${this.#at})`);
  }

  /** A varint of at most 32 bits: tags and lengths. Longer ones are cut to their low 32 bits, unsigned. */
  varint(): number {
    const first = this.#bytes[this.#at] ?? 0;
    if (first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    return Number(BigInt.asUintN(32, this.varint64()));
  }

  varint64(): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || this.#at >= this.#end) throw this.error("truncated varint");
      this.#at++;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high |= (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    }
    throw this.error("varint of more than ten bytes");
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#at;
    if (length > this.#end - start) throw this.error(`length ${length} reaches past the end`);
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  string(): string {
    return utf8.decode(this.bytes());
  }

  /** A reader of the length-delimited value that follows. */
  sub(): Reader {
    return new Reader(this.bytes());
  }

  float(): number {
    return this.#fixed(4).getFloat32(0, true);
  }

  double(): number {
    return this.#fixed(8).getFloat64(0, true);
  }

  /** Passes over a value of the given wire type. */
  skip(wireType: number): void {
    if (wireType === WIRE_VARINT) this.varint64();
    else if (wireType === WIRE_FIXED64) this.#fixed(8);
    else if (wireType === WIRE_BYTES) this.bytes();
    else if (wireType === WIRE_FIXED32) this.#fixed(4);
    else throw this.error(`wire type ${wireType}`);
  }

  #fixed(size: number): DataView {
    if (this.#end - this.#at < size) throw this.error("truncated fixed-size value");
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, size);
    this.#at += size;
    return view;
  }
}
