/**
 * Makes what is handed to others, in the folder `dist`: the command line program as one executable file per platform,
 * the packages that are of use on their own as npm tarballs, and SHA-256 sums of all of it.
 *
 *   npm run package                                            everything
 *   npm run package -- packages                                only the tarballs (or: executables)
 *   npm run package -- executables --platform linux-x64        only one executable; may be repeated
 *   npm run package -- --node darwin-arm64=24.22.0             another Node.js than the pinned one for a platform
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isProblem, type Problem } from "@opendepot/base";
import { writeChecksums } from "./package/checksums.ts";
import { makeExecutables } from "./package/executables.ts";
import { distFolder } from "./package/house.ts";
import { readPackagingOptions } from "./package/options.ts";
import { makePackages } from "./package/packages.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function complain({ message, hint }: Problem): void {
  process.stderr.write(`error: ${message}\n${hint === undefined ? "" : `hint: ${hint}\n`}`);
  process.exitCode = 1;
}

async function makeAll(words: readonly string[]): Promise<void> {
  const options = readPackagingOptions(words);
  const files: string[] = [];
  await rm(join(distFolder, "SHA256SUMS"), { force: true });
  if (options.parts.has("packages")) {
    const names = await makePackages(join(distFolder, "packages"), say);
    files.push(...names.map((name) => `packages/${name}`));
  }
  if (options.parts.has("executables")) {
    const made = await makeExecutables(options, say);
    files.push(...made.files);
    made.missing.forEach(complain);
  }
  await writeChecksums(distFolder, files);
  for (const file of files)
    say(`${((await stat(join(distFolder, file))).size / 1e6).toFixed(2).padStart(8)} MB  dist/${file}`);
}

try {
  await makeAll(process.argv.slice(2));
} catch (error) {
  if (!isProblem(error)) throw error;
  complain(error);
}
