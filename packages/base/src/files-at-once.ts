import { accessSync, type PathLike, readdirSync, readFileSync, type Stats, statSync } from "node:fs";

/*
 * Looks at small local files, with the names, answers and errors of node:fs/promises, but at once. Node hands the
 * promise forms to other threads; starting those, waking them and ending them with the process costs a short command
 * more than all of this work. Not for what may block, such as a pipe.
 */

/** `stat`, at once. */
export async function statAtOnce(path: PathLike): Promise<Stats> {
  return statSync(path);
}

/** `access`, at once. */
export async function accessAtOnce(path: PathLike, mode?: number): Promise<void> {
  accessSync(path, mode);
}

/** `readFile` as UTF-8 text, at once. */
export async function readFileAtOnce(path: PathLike, _encoding: "utf8"): Promise<string> {
  return readFileSync(path, "utf8");
}

/** `readdir`, at once. */
export async function readdirAtOnce(path: PathLike): Promise<string[]> {
  return readdirSync(path);
}
