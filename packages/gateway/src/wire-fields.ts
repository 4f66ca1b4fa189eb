import { callMalformed } from "./problems.ts";

/** One field of a protobuf message as it lies on the wire. */
export interface WireField {
  readonly number: number;
  /** The bytes of a length-delimited field; undefined for numbers. */
  readonly bytes: Uint8Array | undefined;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const MAX_TAG = 0xffff_ffff;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Lists the fields of a protobuf message, every occurrence, without decoding what is inside.
 *
 * Strict where decoders differ, so that the engine cannot read in a request what was not seen here: tags and
 * lengths must have their shortest form, groups and field number 0 are refused.
 *
 * @throws {Problem} `call_malformed`
 */
export function* wireFields(message: Uint8Array): Generator<WireField, void, undefined> {
  const cursor = new Cursor(message);
  while (!cursor.atEnd) {
    const tag = cursor.shortVarint();
    const number = tag >>> 3;
    if (number === 0) throw malformed();
    const wireType = tag & 7;
    if (wireType === LENGTH_DELIMITED) yield { number, bytes: cursor.take(cursor.shortVarint()) };
    else {
      if (wireType === VARINT) cursor.skipVarint();
      else if (wireType === FIXED64) cursor.take(8);
      else if (wireType === FIXED32) cursor.take(4);
      else throw malformed();
      yield { number, bytes: undefined };
    }
  }
}

/**
 * The text of a string field.
 *
 * @throws {Problem} `call_malformed` when it is no text, which engines refuse as well
 */
export function textOf(bytes: Uint8Array | undefined): string {
  try {
    if (bytes) return utf8.decode(bytes);
  } catch {
    // The bytes are in no encoding; below is all there is to say.
  }
  throw malformed();
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** An unsigned value below 2^32 in as few bytes as it needs. */
  shortVarint(): number {
    let value = 0;
    for (let index = 0; index < 5; index++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || (index > 0 && byte === 0)) throw malformed();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte >= 0x80) continue;
      if (value > MAX_TAG) throw malformed();
      return value;
    }
    throw malformed();
  }

  skipVarint(): void {
    for (let index = 0; index < 10; index++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw malformed();
      if (byte < 0x80) return;
    }
    throw malformed();
  }

  take(length: number): Uint8Array {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw malformed();
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}

function malformed(): Error {
  return callMalformed("the request is not a well-formed protobuf message");
}
