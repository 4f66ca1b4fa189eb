/**
 * Removes the symbol table and debug sections of a 64-bit little-endian ELF file, which nothing needs to run: they are
 * a sixth of Node.js. Only what lies behind everything that is loaded goes, so no offset that remains is changed; a
 * file that is laid out in another way comes back as it was. Layout: System V gABI, chapters 4 and 5.
 */
export function stripSymbols(file: Buffer): Buffer {
  const sections = readSections(file);
  const names = sections.at(-1);
  const firstCut = sections.findIndex(isSymbols);
  if (names === undefined || firstCut < 0) return file;
  const kept = sections.slice(0, firstCut);
  const cutAt = Math.min(...sections.slice(firstCut).map(({ offset }) => offset));
  const isTail = sections.slice(firstCut, -1).every(isSymbols) && kept.every(({ end }) => end <= cutAt);
  if (!isTail || loadedEnd(file) > cutAt) return file;

  const padding = Buffer.alloc(-(cutAt + names.end - names.offset) & 7);
  const table = Buffer.concat([...kept, names].map(({ header }) => header));
  table.writeBigUInt64LE(BigInt(cutAt), kept.length * SECTION_HEADER_BYTES + 0x18);
  const start = Buffer.from(file.subarray(0, cutAt));
  const tableAt = cutAt + (names.end - names.offset) + padding.length;
  start.writeBigUInt64LE(BigInt(tableAt), 0x28);
  start.writeUInt16LE(kept.length + 1, 0x3c);
  start.writeUInt16LE(kept.length, 0x3e);
  return Buffer.concat([start, file.subarray(names.offset, names.end), padding, table]);
}

const SECTION_HEADER_BYTES = 64;
const TYPE_SYMTAB = 2;
const TYPE_NOBITS = 8;
const FLAG_ALLOC = 2n;
const SYMBOL_NAMES = /^\.(symtab|strtab|debug_.*|zdebug_.*)$/;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly isLoaded: boolean;
  readonly offset: number;
  readonly end: number;
  readonly header: Buffer;
}

/** Sections in the order of their headers; none where the last one does not hold their names. */
function readSections(file: Buffer): Section[] {
  const isElf64 = file.subarray(0, 6).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
  if (!isElf64) return [];
  const tableAt = Number(file.readBigUInt64LE(0x28));
  const count = file.readUInt16LE(0x3c);
  if (file.readUInt16LE(0x3e) !== count - 1) return [];
  const headers = Array.from({ length: count }, (_, index) => {
    const at = tableAt + index * SECTION_HEADER_BYTES;
    return file.subarray(at, at + SECTION_HEADER_BYTES);
  });
  const namesAt = Number(headers.at(-1)?.readBigUInt64LE(0x18) ?? 0);
  return headers.map((header) => readSection(file, header, namesAt));
}

function readSection(file: Buffer, header: Buffer, namesAt: number): Section {
  const nameAt = namesAt + header.readUInt32LE(0);
  const type = header.readUInt32LE(4);
  const offset = Number(header.readBigUInt64LE(0x18));
  return {
    name: file.toString("latin1", nameAt, file.indexOf(0, nameAt)),
    type,
    isLoaded: (header.readBigUInt64LE(8) & FLAG_ALLOC) !== 0n,
    offset,
    end: offset + (type === TYPE_NOBITS ? 0 : Number(header.readBigUInt64LE(0x20))),
    header,
  };
}

function isSymbols({ name, type, isLoaded }: Section): boolean {
  return !isLoaded && (type === TYPE_SYMTAB || SYMBOL_NAMES.test(name));
}

/** Where the last byte that a program header speaks of ends. */
function loadedEnd(file: Buffer): number {
  const tableAt = Number(file.readBigUInt64LE(0x20));
  const ends = Array.from({ length: file.readUInt16LE(0x38) }, (_, index) => {
    const at = tableAt + index * file.readUInt16LE(0x36);
    return Number(file.readBigUInt64LE(at + 0x08)) + Number(file.readBigUInt64LE(at + 0x20));
  });
  return Math.max(0, ...ends);
}
