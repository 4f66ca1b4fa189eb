import { type FileHandle, open } from "node:fs/promises";

/** What the Go linker writes into every program: `go version -m`. */
export interface GoBuildInfo {
  /** For instance `go1.26.8`. */
  readonly goVersion: string;
  /** Versions of the modules that it was built from, by module path; a replaced module has the version asked for. */
  readonly modules: ReadonlyMap<string, string>;
}

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const HEADER_BYTES = 32;
const FLAG_INLINE_STRINGS = 2;
const MAX_SECTION_BYTES = 4 * 1024 * 1024;

/**
 * Reads the build information of a 64-bit little-endian ELF program made by Go 1.18 or later, without running it;
 * undefined for any other file. Layout: Go's `debug/buildinfo`; ELF-64 object file format.
 */
export async function readGoBuildInfo(program: string): Promise<GoBuildInfo | undefined> {
  await using file = await open(program, "r");
  const section = await readSection(file, ".go.buildinfo");
  if (!section?.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (((section[15] ?? 0) & FLAG_INLINE_STRINGS) === 0) return undefined;
  const [goVersion, next] = readText(section, HEADER_BYTES);
  const [modules] = readText(section, next);
  return { goVersion, modules: parseModules(modules) };
}

async function readSection(file: FileHandle, wanted: string): Promise<Buffer | undefined> {
  const header = await readAt(file, 0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) return undefined;
  const [entryBytes, count, nameIndex] = [header.readUInt16LE(58), header.readUInt16LE(60), header.readUInt16LE(62)];
  const table = await readAt(file, Number(header.readBigUInt64LE(40)), entryBytes * count);
  const names = await readAt(file, ...extentOf(table, nameIndex * entryBytes));
  for (let index = 0; index < count; index++) {
    const start = table.readUInt32LE(index * entryBytes);
    const name = names.subarray(start, names.indexOf(0, start)).toString("latin1");
    if (name === wanted) return readAt(file, ...extentOf(table, index * entryBytes));
  }
  return undefined;
}

/** Offset and size of a section. */
function extentOf(table: Buffer, entry: number): [offset: number, bytes: number] {
  return [Number(table.readBigUInt64LE(entry + 24)), Number(table.readBigUInt64LE(entry + 32))];
}

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  if (bytes > MAX_SECTION_BYTES) throw new Error(`unexpectedly large ELF section of ${bytes} bytes`);
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  if (bytesRead < bytes) throw new Error("unexpected end of ELF file");
  return buffer;
}

/** A length as a varint, then as many bytes. */
function readText(section: Buffer, offset: number): [text: string, next: number] {
  let [length, shift, at] = [0, 0, offset];
  for (let byte = 0x80; byte & 0x80; shift += 7) {
    byte = section[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
  }
  return [section.subarray(at, at + length).toString("latin1"), at + length];
}

function parseModules(text: string): ReadonlyMap<string, string> {
  const fields = text.split("\n").map((line) => line.split("\t"));
  return new Map(
    fields.flatMap(([kind, name, version]) => {
      return (kind === "mod" || kind === "dep") && name && version ? [[name, version] as const] : [];
    }),
  );
}
