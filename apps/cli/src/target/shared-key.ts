import { basename } from "node:path";

/**
 * Names a folder to the engine so that it compares the next transfer with what it has from the last one, and only
 * takes what changed. It has to stay the same from build to build, and to differ between machines and checkouts,
 * since two that take turns under one key would send each other's files again and again.
 * buildx joins the folder's name and a random id of the machine; here the id comes from what stays the same by itself.
 */
export function sharedKeyOf(folder: string, hostName: string): string {
  return `${basename(folder)}:${fingerprint(`${hostName}\0${folder}`)}`;
}

/** FNV-1a with 64 bits: nothing is at stake in it, and loading node:crypto would cost more than all else here. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}
