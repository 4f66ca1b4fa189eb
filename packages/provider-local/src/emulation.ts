import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Architecture } from "@opendepot/builder";

/** `e_machine` of ELF files, two bytes in the order of the file: elf(5). */
const MACHINES: Readonly<Record<Architecture, string>> = { amd64: "3e00", arm64: "b700" };
const MACHINE_OFFSET = 18;

/**
 * Whether the kernel runs programs of another architecture under an emulator, also inside the root folder of a step:
 * binfmt_misc has an enabled entry for them that keeps its interpreter open (flag F).
 *
 * @param folder where binfmt_misc is mounted; default `/proc/sys/fs/binfmt_misc`
 */
export async function hasEmulator(architecture: Architecture, folder = "/proc/sys/fs/binfmt_misc"): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes("status") || !(await readEntry(folder, "status")).startsWith("enabled")) return false;
  for (const name of names) {
    if (name === "status" || name === "register") continue;
    if (isEmulatorOf(architecture, await readEntry(folder, name))) return true;
  }
  return false;
}

async function readEntry(folder: string, name: string): Promise<string> {
  return readFile(path.join(folder, name), "utf8").catch(() => "");
}

function isEmulatorOf(architecture: Architecture, entry: string): boolean {
  const field = (name: RegExp): string => name.exec(entry)?.[1] ?? "";
  const magic = field(/^magic ([0-9a-f]+)$/m);
  const machine = magic.slice(2 * MACHINE_OFFSET - 2 * Number(field(/^offset (\d+)$/m))).slice(0, 4);
  return entry.startsWith("enabled") && field(/^flags: (\S*)$/m).includes("F") && machine === MACHINES[architecture];
}
