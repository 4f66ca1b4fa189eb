import { createHash } from "node:crypto";
import { basename } from "node:path";

/**
 * Names a folder to the engine so that it compares the next transfer with what it has from the last one, and only
 * takes what changed. It has to stay the same from build to build, and to differ between machines and checkouts,
 * since two that take turns under one key would send each other's files again and again.
 * buildx joins the folder's name and a random id of the machine; here the id comes from what stays the same by itself.
 */
export function sharedKeyOf(folder: string, hostName: string): string {
  const id = createHash("sha256").update(`${hostName}\0${folder}`).digest("hex").slice(0, 20);
  return `${basename(folder)}:${id}`;
}
