import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fetchDebianPackages } from "@opendepot/builder";

/** The repository. */
export const root: string = join(import.meta.dirname, "../..");

/** Where quickstart keeps the server's data and its own. */
export const stateFolder: string = join(root, ".opendepot");

/** The two programs, as they are started from a checkout. */
export const depot: readonly string[] = [join(root, "apps/cli/bin/depot.js")];
export const depotServer: readonly string[] = [join(root, "apps/server/bin/depot-server.js")];

/** A folder that holds a static busybox and nothing else, to serve as a base image. */
export async function provideBusybox(say: (line: string) => void): Promise<string> {
  const folder = join(stateFolder, "busybox");
  if (existsSync(join(folder, "busybox"))) return folder;
  say("=> fetching a static busybox from the distribution's packages");
  const unpacked = join(stateFolder, "packages/busybox");
  await fetchDebianPackages({
    names: ["busybox-static"],
    suite: "system",
    into: unpacked,
    path: process.env["PATH"] ?? "",
    env: process.env,
    signal: AbortSignal.timeout(180_000),
  });
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(unpacked, "bin/busybox"), join(folder, "busybox"));
  return folder;
}
