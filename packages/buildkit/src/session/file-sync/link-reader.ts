import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { systemCodeOf } from "@opendepot/base";
import { type ByteString, toFsPath, toText } from "../../filter/byte-string.ts";
import type { LinkReader } from "../../filter/follow-paths.ts";
import { contextUnreadable } from "../problems.ts";

/** Reads symlinks and directories below `root`; what is not there, or is something else, counts as none. */
export function createLinkReader(root: ByteString): LinkReader {
  const attempt = <T>(path: ByteString, none: T, look: (fsPath: string | Buffer) => T): T => {
    try {
      return look(toFsPath(`${root}/${path}`));
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCodeOf(error) ?? "")) return none;
      throw contextUnreadable(toText(path), error);
    }
  };
  return {
    readLink: (path) =>
      attempt<ByteString | undefined>(path, undefined, (fsPath) =>
        lstatSync(fsPath).isSymbolicLink() ? readlinkSync(fsPath, "latin1") : undefined,
      ),
    list: (path) => attempt<readonly ByteString[]>(path, [], (fsPath) => readdirSync(fsPath, "latin1")),
  };
}
