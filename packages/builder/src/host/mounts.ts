import { readFile } from "node:fs/promises";
import { runCommand } from "./command.ts";

/** Mount points below `folder` (or on it), the innermost first: proc_pid_mountinfo(5). */
export async function mountsBelow(folder: string): Promise<readonly string[]> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  const points = lines.map((line) => unescapeMountPoint(line.split(" ")[4] ?? ""));
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse();
}

/**
 * Takes away all mounts below `folder`, also busy ones.
 *
 * @throws {Problem} `host_command_failed`
 */
export async function unmountBelow(folder: string, searchPath: string, signal: AbortSignal): Promise<void> {
  for (const point of await mountsBelow(folder)) {
    // Lazy: whoever still has files open below it keeps them, and the name is free at once.
    await runCommand("umount", ["-l", point], { env: { PATH: searchPath }, signal });
  }
}

/** Mount points have blanks, tabs, newlines and backslashes written as `\040` and so on. */
function unescapeMountPoint(escaped: string): string {
  return escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
