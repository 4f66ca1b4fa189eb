import { ErrorCode } from "./constants.ts";
import { Http2Error } from "./http2-error.ts";
import { decodeHuffman } from "./huffman.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

/** The dynamic table's size unless SETTINGS say otherwise, which ours do not: RFC 7541 section 4.2. */
const TABLE_BYTES = 4_096;

/** What an entry counts beside its texts: RFC 7541 section 4.1. */
const ENTRY_OVERHEAD_BYTES = 32;

interface Entry {
  readonly name: string;
  readonly value: string;
}

/** A decoded header block. */
export interface DecodedHeaders {
  /** Names and values in turn; values hold a byte in each character. */
  readonly fields: string[];
  /** The fields were more than the limit and are not kept; the table is up to date nevertheless. */
  readonly isTooLarge: boolean;
}

/** Decodes the header blocks of one peer, in the order they arrive: RFC 7541. */
export class HeaderDecoder {
  readonly #maxListBytes: number;
  /** The youngest entry last. */
  #entries: Entry[] = [];
  #tableBytes = 0;
  #tableLimit = TABLE_BYTES;
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  #scratch: Buffer = Buffer.alloc(0);

  /** @param maxListBytes what the fields of one block may count together: names, values, and 32 for each field */
  constructor(maxListBytes: number) {
    this.#maxListBytes = maxListBytes;
  }

  /** @throws {Http2Error} when the block is broken: the connection cannot go on */
  decode(block: Uint8Array): DecodedHeaders {
    this.#block = block;
    this.#at = 0;
    const fields: string[] = [];
    let listBytes = 0;
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if ((first & 0xe0) === 0x20) {
        if (fields.length > 0 || listBytes > 0) throw broken("a table size update stands after a field");
        this.#resize(this.#integer(5));
        continue;
      }
      const { name, value } = this.#field(first);
      listBytes += name.length + value.length + ENTRY_OVERHEAD_BYTES;
      if (listBytes <= this.#maxListBytes) fields.push(name, value);
    }
    return { fields, isTooLarge: listBytes > this.#maxListBytes };
  }

  #field(first: number): Entry {
    if (first & 0x80) return this.#entry(this.#integer(7));
    const isIndexed = (first & 0x40) !== 0;
    const index = this.#integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#entry(index).name;
    const field = { name, value: this.#text() };
    if (isIndexed) this.#add(field);
    return field;
  }

  #entry(index: number): Entry {
    if (index === 0) throw broken("index 0");
    if (index <= STATIC_ENTRIES) {
      return { name: STATIC_TABLE[2 * index - 2] ?? "", value: STATIC_TABLE[2 * index - 1] ?? "" };
    }
    const entry = this.#entries[this.#entries.length - (index - STATIC_ENTRIES)];
    if (!entry) throw broken(`index ${index} is beyond the table`);
    return entry;
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#tableBytes += sizeOf(entry);
    this.#evict();
  }

  #resize(limit: number): void {
    if (limit > TABLE_BYTES) throw broken(`a table of ${limit} bytes was not offered`);
    this.#tableLimit = limit;
    this.#evict();
  }

  #evict(): void {
    let gone = 0;
    while (this.#tableBytes > this.#tableLimit) {
      const oldest = this.#entries[gone++];
      if (!oldest) break;
      this.#tableBytes -= sizeOf(oldest);
    }
    if (gone > 0) this.#entries = this.#entries.slice(gone);
  }

  /** RFC 7541 section 5.1, up to 28 bits. */
  #integer(prefixBits: number): number {
    const limit = (1 << prefixBits) - 1;
    let value = this.#byte() & limit;
    if (value < limit) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken("a number is too large");
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw broken("it ends in the middle of a field");
    return byte;
  }

  #text(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const end = this.#at + length;
    if (end > this.#block.length) throw broken("it ends in the middle of a text");
    const bytes = this.#block.subarray(this.#at, end);
    this.#at = end;
    if (!isHuffman) return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
    const room = Math.ceil((length * 8) / 5);
    if (this.#scratch.length < room) this.#scratch = Buffer.allocUnsafeSlow(Math.max(room, 256));
    return this.#scratch.toString("latin1", 0, decodeHuffman(bytes, this.#scratch));
  }
}

function sizeOf({ name, value }: Entry): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

function broken(what: string): Http2Error {
  return new Http2Error(ErrorCode.compressionError, `broken header block: ${what}`);
}
