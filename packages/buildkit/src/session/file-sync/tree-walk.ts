import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { systemCodeOf } from "@opendepot/base";
import { type ByteString, toFsPath, toText } from "../../filter/byte-string.ts";
import type { FilterMatch, TreeFilter } from "../../filter/tree-filter.ts";
import { contextUnreadable } from "../problems.ts";
import { GoMode, hasBits, toGoMode } from "./go-file-mode.ts";

/** An entry of a tree that is to be sent. */
export interface TreeEntry {
  /** Relative to the root, with slashes. */
  readonly path: ByteString;
  /** Absolute, as `node:fs` takes it. */
  readonly fsPath: string | Buffer;
  readonly stat: BigIntStats;
  /** Go's `os.FileMode`. */
  readonly mode: number;
  /** Target of a symlink, or the path of the first hard link to the same file; else empty. */
  readonly linkname: ByteString;
}

/** A directory that is being walked, and where in it. */
interface Frame {
  readonly names: readonly ByteString[];
  /** Empty at the root; else with a slash at its end. */
  readonly prefix: string;
  readonly match: FilterMatch | undefined;
  /** Not sent yet, since nothing but its content may be wanted. */
  unsent: TreeEntry | undefined;
  at: number;
}

/**
 * Walks a tree in the order that the protocol wants: in each directory by bytes, a directory before its content.
 * Symlinks are not followed. What vanishes meanwhile is passed over.
 *
 * Undefined is yielded now and then when nothing is found for a while, so that the caller gets its turn.
 *
 * @throws {Problem} `context_unreadable`, `pattern_invalid`
 */
export function* walkTree(root: ByteString, filter: TreeFilter): Generator<TreeEntry | undefined, void, undefined> {
  const tree = new Tree(root);
  const frames: Frame[] = [tree.open("", undefined, undefined)];
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const name = frame.names[frame.at++];
    if (name === undefined) {
      frames.pop();
      continue;
    }
    const path = frame.prefix + name;
    const { verdict, own } = filter.check(path, frame.match);
    if (verdict === "skip") {
      if (frame.at % 64 === 0) yield undefined;
      continue;
    }
    const entry = tree.stat(path, verdict === "keep");
    if (!entry) continue;
    if (verdict === "keep") {
      yield* takeUnsent(frames);
      yield entry;
    } else if (frame.at % 64 === 0) yield undefined;
    if (hasBits(entry.mode, GoMode.directory))
      frames.push(tree.open(path, own, verdict === "keep" ? undefined : entry));
  }
}

function* takeUnsent(frames: readonly Frame[]): Generator<TreeEntry> {
  for (const frame of frames) {
    if (!frame.unsent) continue;
    yield frame.unsent;
    frame.unsent = undefined;
  }
}

class Tree {
  readonly #root: ByteString;
  /** First path of each file with several links. */
  readonly #links = new Map<string, ByteString>();

  constructor(root: ByteString) {
    this.#root = root;
  }

  open(path: ByteString, match: FilterMatch | undefined, unsent: TreeEntry | undefined): Frame {
    return { names: this.#list(path, unsent !== undefined), prefix: path && `${path}/`, match, unsent, at: 0 };
  }

  /** Undefined when there is no such entry any more. Links are counted only when it is kept. */
  stat(path: ByteString, isKept: boolean): TreeEntry | undefined {
    try {
      const fsPath = this.#fsPath(path);
      const stat = lstatSync(fsPath, { bigint: true });
      const entry = { path, fsPath, stat, mode: toGoMode(Number(stat.mode)), linkname: "" };
      if (isKept) entry.linkname = this.#linkname(entry);
      return entry;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw contextUnreadable(toText(path), error);
    }
  }

  #list(path: ByteString, isUnwanted: boolean): readonly ByteString[] {
    try {
      return readdirSync(this.#fsPath(path), "latin1").sort();
    } catch (error) {
      if (path !== "" && isGone(error)) return [];
      if (isUnwanted && systemCodeOf(error) === "EACCES") return [];
      throw contextUnreadable(toText(path), error);
    }
  }

  #linkname({ path, fsPath, stat, mode }: TreeEntry): ByteString {
    if (hasBits(mode, GoMode.symlink)) return readlinkSync(fsPath, "latin1");
    if (stat.nlink <= 1n || hasBits(mode, GoMode.directory)) return "";
    const file = `${stat.dev}:${stat.ino}`;
    const first = this.#links.get(file);
    if (first === undefined) this.#links.set(file, path);
    return first ?? "";
  }

  #fsPath(path: ByteString): string | Buffer {
    return toFsPath(path === "" ? this.#root : `${this.#root}/${path}`);
  }
}

/** Removed, or replaced by something else, since its directory was listed. */
function isGone(error: unknown): boolean {
  const code = systemCodeOf(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "EINVAL";
}
