/** Writing DER, as much of it as certificates need: ITU-T X.690. */

const Tag = { boolean: 1, integer: 2, bitString: 3, octetString: 4, oid: 6, utf8: 12, sequence: 48, set: 49 } as const;
const UTC_TIME = 23;
const GENERALIZED_TIME = 24;
/** A tag of the context, for a value that holds others or not. */
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes];
  if (bytes < 0x100) return [0x81, bytes];
  if (bytes < 0x10000) return [0x82, bytes >> 8, bytes & 0xff];
  throw new RangeError(`${bytes} bytes are more than a certificate has`);
}

export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...elements);
}

export function set(...elements: readonly Uint8Array[]): Buffer {
  return element(Tag.set, ...elements);
}

export function boolean(value: boolean): Buffer {
  return element(Tag.boolean, Buffer.from([value ? 0xff : 0]));
}

/** @param bytes big-endian two's complement, without needless leading bytes */
export function integer(bytes: Uint8Array): Buffer {
  return element(Tag.integer, bytes);
}

/** @param unusedBits of the last byte */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(Tag.bitString, Buffer.from([unusedBits]), bytes);
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(Tag.octetString, bytes);
}

export function utf8(text: string): Buffer {
  return element(Tag.utf8, Buffer.from(text, "utf8"));
}

/** @param dotted for instance `2.5.29.17` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(Tag.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** In whole seconds; up to 2049 with two digits for the year: RFC 5280 section 4.1.2.5. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? element(UTC_TIME, Buffer.from(digits.slice(2)))
    : element(GENERALIZED_TIME, Buffer.from(digits));
}

/** `[number] EXPLICIT`: around whole elements. */
export function explicit(number: number, ...elements: readonly Uint8Array[]): Buffer {
  return element(CONTEXT | CONSTRUCTED | number, ...elements);
}

/** `[number] IMPLICIT`: in the place of the tag of a simple value. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return element(CONTEXT | number, content);
}
