import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { systemCodeOf } from "@opendepot/base";
import { type ByteString, toFsPath, toText } from "../../filter/byte-string.ts";
import { GoMode, hasBits, toPermissions } from "../file-sync/go-file-mode.ts";
import type { RawStat } from "../file-sync/packet.ts";
import { outputUnwritable } from "../problems.ts";
import type { NativeXattrs } from "../xattrs/load-xattrs.ts";
import { writeXattrs } from "../xattrs/write-xattrs.ts";

/**
 * Writes entries of a tree below a folder, which need not be empty: files are replaced, directories merged.
 *
 * A builder may run several transfers at once and try to make one of them follow a symlink that another has just
 * made. Therefore each change first makes sure, and then acts, without giving anything else a turn in between,
 * that the directory it works in is the real one at that path.
 */
export class FolderWriter {
  /** Sets extended attributes; without it none are set. */
  xattrs: NativeXattrs | undefined;
  readonly #root: ByteString;

  /** @param root an existing directory, symlinks resolved */
  constructor(root: ByteString) {
    this.#root = root;
  }

  /** Makes a directory, or keeps the one that is there. Its mode and time are for {@link finishDirectory}. */
  makeDirectory(path: ByteString): void {
    this.#attempt(path, () => {
      const target = this.#resolve(path);
      const existing = this.#typeOf(target);
      if (existing === "directory") return allowWriting(target);
      if (existing !== "none") unlinkSync(toFsPath(target));
      mkdirSync(toFsPath(target), 0o700);
    });
  }

  /** Sets what could not be set while the directory was being filled. */
  finishDirectory(stat: RawStat): void {
    this.#attempt(stat.path, () => {
      const target = this.#resolve(stat.path);
      if (this.#typeOf(target) !== "directory") return; // another transfer has replaced it
      this.#setXattrs(target, stat);
      chmodSync(toFsPath(target), toPermissions(stat.mode));
      lutimesSync(toFsPath(target), toDate(stat.modTime), toDate(stat.modTime));
    });
  }

  makeSymlink(stat: RawStat): void {
    this.#place(stat, (temporary) => {
      symlinkSync(toFsPath(stat.linkname), toFsPath(temporary));
      lutimesSync(toFsPath(temporary), toDate(stat.modTime), toDate(stat.modTime));
    });
  }

  makeHardLink(stat: RawStat): void {
    this.#place(stat, (temporary) => linkSync(toFsPath(this.#resolve(stat.linkname)), toFsPath(temporary)));
  }

  /**
   * FIFOs and device nodes. The latter need root, and only their owner may use them: whoever else is on this machine
   * must not get at its disks because of what a builder sends.
   */
  makeSpecial(stat: RawStat): void {
    this.#place(stat, (temporary) => {
      // Node.js has no mknod.
      const kind = hasBits(stat.mode, GoMode.namedPipe) ? "p" : hasBits(stat.mode, GoMode.charDevice) ? "c" : "b";
      const numbers = kind === "p" ? [] : [String(stat.devmajor), String(stat.devminor)];
      runMknod(temporary, [kind, ...numbers]);
      chmodSync(toFsPath(temporary), toPermissions(stat.mode) & (kind === "p" ? 0o7777 : 0o700));
      lutimesSync(toFsPath(temporary), toDate(stat.modTime), toDate(stat.modTime));
    });
  }

  /** Removes what is in a directory, the root for an empty path, and is not to be kept. */
  removeOthers(directory: ByteString, isKept: (path: ByteString) => boolean): void {
    this.#attempt(directory, () => {
      const target = directory === "" ? this.#root : this.#resolve(directory);
      if (this.#typeOf(target) !== "directory") return; // another transfer has replaced it
      for (const name of readdirSync(toFsPath(target), "latin1")) {
        const path = directory === "" ? name : `${directory}/${name}`;
        if (!isKept(path)) rmSync(toFsPath(`${target}/${name}`), { recursive: true, force: true });
      }
    });
  }

  /** Opens a new file under a temporary name beside `path`. The caller ends it with one of the other two. */
  openFile(path: ByteString): OutputFile {
    return this.#attempt(path, () => {
      const temporary = temporaryBeside(this.#resolve(path));
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      return { fd: openSync(toFsPath(temporary), flags, 0o600), name: basename(temporary), path };
    });
  }

  /** Gives a whole file its attributes, its mode, its time and its name. */
  finishFile(file: OutputFile, stat: RawStat): void {
    this.#attempt(stat.path, () => {
      const target = this.#resolve(stat.path);
      const temporary = `${target.slice(0, target.lastIndexOf("/"))}/${file.name}`;
      this.#setXattrs(temporary, stat);
      fchmodSync(file.fd, toPermissions(stat.mode));
      futimesSync(file.fd, toDate(stat.modTime), toDate(stat.modTime));
      this.#replace(target, temporary);
      closeSync(file.fd);
    });
  }

  /** Removes an unfinished file. Never throws: there is already an error. */
  discardFile(file: OutputFile): void {
    try {
      closeSync(file.fd);
      const target = this.#resolve(file.path);
      unlinkSync(toFsPath(`${target.slice(0, target.lastIndexOf("/"))}/${file.name}`));
    } catch {
      // What cannot be removed is a temporary file; why the transfer failed matters more.
    }
  }

  /** Before the mode, which may forbid it. */
  #setXattrs(path: ByteString, { xattrs, mode }: RawStat): void {
    if (!this.xattrs || xattrs.length === 0) return;
    writeXattrs(this.xattrs, { fsPath: toFsPath(path), mode }, xattrs);
  }

  #place(stat: RawStat, make: (temporary: ByteString) => void): void {
    this.#attempt(stat.path, () => {
      const target = this.#resolve(stat.path);
      const temporary = temporaryBeside(target);
      make(temporary);
      this.#replace(target, temporary);
    });
  }

  #replace(target: ByteString, temporary: ByteString): void {
    if (this.#typeOf(target) === "directory") rmSync(toFsPath(target), { recursive: true });
    renameSync(toFsPath(temporary), toFsPath(target));
  }

  /** The absolute path of an entry, once it is certain that no symlink leads there. */
  #resolve(path: ByteString): ByteString {
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? this.#root : `${this.#root}/${path.slice(0, slash)}`;
    const real = realpathSync.native(toFsPath(parent), "latin1");
    if (real !== parent) throw new Error("its directory was replaced by a symbolic link");
    return `${parent}/${path.slice(slash + 1)}`;
  }

  #typeOf(target: ByteString): "directory" | "other" | "none" {
    const stat = lstatSync(toFsPath(target), { throwIfNoEntry: false });
    if (!stat) return "none";
    return stat.isDirectory() ? "directory" : "other";
  }

  #attempt<T>(path: ByteString, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw outputUnwritable(toText(`${this.#root}/${path}`), error);
    }
  }
}

/** A file that is being written. */
export interface OutputFile {
  readonly fd: number;
  /** Its temporary name, in the directory of `path`. */
  readonly name: ByteString;
  readonly path: ByteString;
}

/** A directory of an earlier export may be read-only. Where this fails, so will what is to be written. */
function allowWriting(target: ByteString): void {
  const { mode } = lstatSync(toFsPath(target));
  if ((mode & 0o700) === 0o700) return;
  try {
    chmodSync(toFsPath(target), (mode & 0o7777) | 0o700);
  } catch {}
}

function temporaryBeside(target: ByteString): ByteString {
  return `${target.slice(0, target.lastIndexOf("/"))}/.tmp.${randomBytes(6).toString("hex")}`;
}

function basename(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

function runMknod(path: ByteString, type: readonly string[]): void {
  try {
    // Its directory is where it works, so that names which are not UTF-8 need not be passed.
    const cwd = toFsPath(path.slice(0, path.lastIndexOf("/")));
    execFileSync("mknod", ["--", basename(path), ...type], {
      cwd: typeof cwd === "string" ? cwd : cwd.toString("utf8"),
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 5000,
    });
  } catch (error) {
    const code = systemCodeOf(error) === "ENOENT" ? "the command mknod is missing" : "only root can make device nodes";
    throw new Error(code, { cause: error });
  }
}

/** Node.js takes times to the microsecond at best. */
function toDate(modTime: bigint): Date | number {
  return modTime >= 0n ? Number(modTime) / 1e9 : new Date(Number(modTime / 1_000_000n));
}
