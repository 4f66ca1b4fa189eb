import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Writes `SHA256SUMS` over files of a folder, named from there, in the form that `sha256sum --check` reads. */
export async function writeChecksums(folder: string, names: readonly string[]): Promise<void> {
  let text = "";
  for (const name of [...names].sort()) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), hash);
    text += `${hash.digest("hex")}  ${name}\n`;
  }
  await writeFile(join(folder, "SHA256SUMS"), text);
}
