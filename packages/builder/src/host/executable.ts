import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Finds a program the way a shell does.
 *
 * @param name a bare name, or a path that is then only checked
 * @param searchPath the value of a PATH variable; empty entries are left out
 * @returns its absolute path, or undefined
 */
export async function findExecutable(name: string, searchPath: string): Promise<string | undefined> {
  if (name.includes("/")) return (await isExecutable(name)) ? path.resolve(name) : undefined;
  for (const folder of searchPath.split(path.delimiter)) {
    if (folder === "") continue;
    const candidate = path.resolve(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false; // whatever the reason, a shell would not run it either
  }
}
