import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { systemCodeOf } from "@opendepot/base";
import { type ByteString, toFsPath, toText } from "../../filter/byte-string.ts";
import type { LinkReader } from "../../filter/follow-paths.ts";
import { contextUnreadable, protocolViolated } from "../problems.ts";

/**
 * What one request may cost: a name looked over costs 1, a look at the file system 20. Reading is synchronous, and
 * an engine that names thousands of wildcards must not hold up this process for minutes.
 */
const BUDGET = 3_000_000;
const LOOK_COST = 20;

/**
 * Reads symlinks and directories below `root`; what is not there, or is something else, counts as none.
 * Throws `engine_protocol` when far more is asked for than a build can need.
 */
export function createLinkReader(root: ByteString): LinkReader {
  const lists = new Map<ByteString, readonly ByteString[]>();
  const links = new Map<ByteString, ByteString | undefined>();
  let spent = 0;
  const spend = (cost: number): void => {
    spent += cost;
    if (spent > BUDGET) throw protocolViolated("it wants too many paths to be followed");
  };
  const readLink = (path: ByteString): ByteString | undefined => {
    spend(LOOK_COST);
    return attempt<ByteString | undefined>(path, undefined, () => {
      const fsPath = toFsPath(`${root}/${path}`);
      return lstatSync(fsPath).isSymbolicLink() ? readlinkSync(fsPath, "latin1") : undefined;
    });
  };
  return {
    readLink: (path) => {
      if (!links.has(path)) links.set(path, readLink(path));
      return links.get(path);
    },
    list: (path) => {
      const names =
        lists.get(path) ??
        attempt<readonly ByteString[]>(path, [], () => readdirSync(toFsPath(`${root}/${path}`), "latin1"));
      lists.set(path, names);
      spend(LOOK_COST + names.length);
      return names;
    },
  };
}

function attempt<T>(path: ByteString, none: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCodeOf(error) ?? "")) return none;
    throw contextUnreadable(toText(path), error);
  }
}
