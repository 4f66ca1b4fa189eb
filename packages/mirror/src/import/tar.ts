import type { FileHandle } from "node:fs/promises";
import { archiveInvalid } from "../problems.ts";

/** Where a file of an archive lies. */
export interface TarEntry {
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;
/** More than any image has; what is longer only costs memory. */
const MAX_ENTRIES = 100_000;
const MAX_NAME_BYTES = 64 * 1024;
const MAX_LINKS = 16;

/**
 * The files of a tar archive by their names, as POSIX pax and GNU tar write them. Their content is left where it is.
 *
 * @throws {Problem} `archive_invalid`
 */
export async function readTar(file: FileHandle, name: string): Promise<ReadonlyMap<string, TarEntry>> {
  const { size: end } = await file.stat();
  const files = new Map<string, TarEntry>();
  const links = new Map<string, string>();
  let names: Names = {};
  for (let at = 0; at + BLOCK <= end; ) {
    const header = await readAt(file, at, BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (!isHeader(header)) throw archiveInvalid(name, "it is no tar archive");
    const entry = { offset: at + BLOCK, size: numberIn(header, 124, 12) };
    if (!(entry.offset + entry.size <= end)) throw archiveInvalid(name, "it ends too early");
    at = entry.offset + Math.ceil(entry.size / BLOCK) * BLOCK;
    const more = await readNames(file, { name, type: typeOf(header), entry });
    if (more) {
      names = { ...names, ...more };
      continue;
    }
    if (files.size + links.size >= MAX_ENTRIES) throw archiveInvalid(name, `it has more than ${MAX_ENTRIES} files`);
    note(header, entry, { names, files, links });
    names = {};
  }
  for (const path of links.keys()) {
    const target = follow(files, links, path);
    if (target) files.set(path, target);
  }
  return files;
}

/** Names that are too long for the header that they belong to. */
interface Names {
  readonly path?: string;
  readonly link?: string;
}

function typeOf(header: Buffer): string {
  return String.fromCharCode(header[156] ?? 0);
}

/** What an entry says of the next one; undefined for those that are files themselves. */
async function readNames(
  file: FileHandle,
  { name, type, entry }: { readonly name: string; readonly type: string; readonly entry: TarEntry },
): Promise<Names | undefined> {
  if (type === "g") return {};
  if (!["L", "K", "x"].includes(type)) return undefined;
  if (entry.size > MAX_NAME_BYTES) throw archiveInvalid(name, "a file name in it is too long");
  const bytes = await readAt(file, entry.offset, entry.size);
  if (type === "x") return paxNames(bytes);
  return { [type === "L" ? "path" : "link"]: textIn(bytes, 0, entry.size) };
}

function note(
  header: Buffer,
  entry: TarEntry,
  into: { readonly names: Names; readonly files: Map<string, TarEntry>; readonly links: Map<string, string> },
): void {
  const path = normalized(into.names.path ?? nameIn(header));
  const link = into.names.link ?? textIn(header, 157, 100);
  const type = typeOf(header);
  if (type === "0" || type === "\0" || type === "7") into.files.set(path, entry);
  else if (type === "1") into.links.set(path, normalized(link));
  else if (type === "2") into.links.set(path, normalized(`${path.slice(0, path.lastIndexOf("/") + 1)}${link}`));
}

function follow(
  files: ReadonlyMap<string, TarEntry>,
  links: ReadonlyMap<string, string>,
  path: string,
): TarEntry | undefined {
  let at: string | undefined = path;
  for (let steps = 0; at !== undefined && steps < MAX_LINKS; steps++) {
    const found = files.get(at);
    if (found) return found;
    at = links.get(at);
  }
  return undefined;
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** The checksum counts itself as spaces. */
function isHeader(header: Buffer): boolean {
  if (header.length < BLOCK) return false;
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  return sum === numberIn(header, 148, 8);
}

/** Octal, or GNU's binary form for what is too large for it. */
function numberIn(header: Buffer, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) {
    const value = header.readBigUInt64BE(at + length - 8);
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
  }
  const text = textIn(header, at, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : text === "" ? 0 : Number.NaN;
}

function textIn(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("utf8", at, end < 0 || end > at + length ? at + length : end);
}

function nameIn(header: Buffer): string {
  const isPosix = header.toString("latin1", 257, 262) === "ustar" && header[262] === 0;
  const prefix = isPosix ? textIn(header, 345, 155) : "";
  const name = textIn(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records are `LENGTH KEY=VALUE\n`. */
function paxNames(bytes: Buffer): Names {
  const names: { path?: string; link?: string } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, Math.max(at, space)));
    if (space < 0 || !Number.isSafeInteger(length) || length < 4) break;
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    const key = record.slice(0, equals);
    if (key === "path") names.path = record.slice(equals + 1);
    if (key === "linkpath") names.link = record.slice(equals + 1);
    at += length;
  }
  return names;
}

/** Without `.` and empty parts; `..` takes the part before it, and leads no further up than the root. */
export function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
