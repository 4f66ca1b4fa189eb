import { type ByteString, cleanPath, toText } from "../../filter/byte-string.ts";
import { GoMode, hasBits, isRegular } from "../file-sync/go-file-mode.ts";
import type { RawStat } from "../file-sync/packet.ts";
import { protocolViolated } from "../problems.ts";
import type { Xattr } from "../xattrs/xattr.ts";

/** Longest path that Linux takes. */
const MAX_PATH_BYTES = 4096;

/** A builder that lists on and on would fill our memory. */
export interface ListingLimits {
  readonly maxEntries: number;
  /** Of all paths, link targets and extended attributes together. */
  readonly maxNameBytes: number;
}

/** Names of attributes that Linux lists of one file, each with a NUL; what has more could not have been listed. */
const MAX_XATTR_NAME_BYTES = 65_536;

/** What an attribute takes in memory besides its value. */
const XATTR_BYTES = 256;

/** Far more than any image has. */
const LIMITS: ListingLimits = { maxEntries: 4_000_000, maxNameBytes: 512 * 1024 * 1024 };

interface Directory {
  /** Empty for the root. */
  readonly path: ByteString;
  /** The last name listed in it. */
  last: ByteString;
}

/**
 * Checks that a listing is one of a tree: clean relative paths, in order, each after its parent directory, none
 * twice, hard links only to files listed before. What passes cannot lead out of the root, as long as each listed
 * directory becomes a real one. fsutil `Validator` and `Hardlinks`.
 */
export class ListingCheck {
  readonly #directories: Directory[] = [{ path: "", last: "" }];
  readonly #linkable = new Set<ByteString>();
  readonly #limits: ListingLimits;
  #count = 0;
  #nameBytes = 0;

  constructor(limits: ListingLimits = LIMITS) {
    this.#limits = limits;
  }

  /** @throws {Problem} `engine_protocol` */
  accept(stat: RawStat): void {
    const { path } = stat;
    this.#limit(stat);
    if (!isInside(path)) throw protocolViolated(`path ${quote(path)} is not one below the destination`);
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const parent = this.#backTo(path.slice(0, Math.max(slash, 0)));
    if (!parent || parent.last >= name) throw protocolViolated(`${quote(path)} is out of order`);
    parent.last = name;
    if (hasBits(stat.mode, GoMode.directory)) this.#directories.push({ path, last: "" });
    else if (!hasBits(stat.mode, GoMode.symlink)) this.#checkLink(stat);
  }

  #limit({ path, linkname, xattrs }: RawStat): void {
    const { maxEntries, maxNameBytes } = this.#limits;
    if (++this.#count > maxEntries) throw protocolViolated(`more than ${maxEntries} entries`);
    if (path.length > MAX_PATH_BYTES) throw protocolViolated(`path ${quote(path)}… has ${path.length} bytes`);
    if (linkname.length > MAX_PATH_BYTES) throw protocolViolated(`the link target of ${quote(path)} is too long`);
    this.#nameBytes += path.length + linkname.length + xattrBytes(path, xattrs);
    if (this.#nameBytes > maxNameBytes)
      throw protocolViolated(`more than ${maxNameBytes} bytes of names and attributes`);
  }

  /** Leaves the directories that are done; undefined when `path` is none of those that are open. */
  #backTo(path: ByteString): Directory | undefined {
    for (;;) {
      const directory = this.#directories.at(-1);
      if (directory === undefined || directory.path === path) return directory;
      this.#directories.pop();
    }
  }

  #checkLink(stat: RawStat): void {
    if (stat.linkname === "") this.#linkable.add(stat.path);
    else if (!isRegular(stat.mode) || !this.#linkable.has(stat.linkname)) {
      throw protocolViolated(`${quote(stat.path)} links to ${quote(stat.linkname)}, which was not listed before`);
    }
  }
}

function xattrBytes(path: ByteString, xattrs: readonly Xattr[]): number {
  let [names, bytes] = [0, 0];
  for (const { name, value } of xattrs) {
    names += name.length + 1;
    bytes += XATTR_BYTES + name.length + value.length;
  }
  if (names > MAX_XATTR_NAME_BYTES) throw protocolViolated(`${quote(path)} has more attributes than a file can have`);
  return bytes;
}

function isInside(path: ByteString): boolean {
  if (path === "" || path === "." || path.includes("\0")) return false;
  return path === cleanPath(path) && !path.startsWith("/") && path !== ".." && !path.startsWith("../");
}

function quote(path: ByteString): string {
  return JSON.stringify(toText(path.slice(0, 200)));
}
