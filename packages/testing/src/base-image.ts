import { chmod, copyFile, mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { fetchDebianPackages, findExecutable } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";

const FETCH_MS = 5 * 60_000;

/**
 * A folder that holds a static `busybox` and nothing else, to serve as build context of a base without any registry:
 *
 * ```dockerfile
 * FROM scratch
 * COPY busybox /bin/busybox
 * RUN ["/bin/busybox", "--install", "-s", "/bin"]
 * ```
 *
 * It is that of the PATH (`busybox-static`, `busybox.static`), or of Debian's package, fetched once.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function testBaseImage(): Promise<string> {
  const folder = path.join(cacheFolder, "base");
  const target = path.join(folder, "busybox");
  if (await findExecutable(target, "")) return folder;
  await mkdir(folder, { recursive: true });
  const partial = path.join(cacheFolder, `busybox-${process.pid}`);
  await copyFile(await findBusybox(), partial);
  await chmod(partial, 0o755);
  await rename(partial, target);
  return folder;
}

async function findBusybox(): Promise<string> {
  const searchPath = process.env["PATH"] ?? "";
  for (const name of ["busybox-static", "busybox.static"]) {
    const found = await findExecutable(name, searchPath);
    if (found) return found;
  }
  const into = path.join(cacheFolder, "busybox");
  const signal = AbortSignal.timeout(FETCH_MS);
  await fetchDebianPackages({
    names: ["busybox-static"],
    suite: "system",
    into,
    path: searchPath,
    env: process.env,
    signal,
  });
  for (const folder of ["usr/bin", "bin"]) {
    const found = await findExecutable(path.join(into, folder, "busybox"), "");
    if (found) return found;
  }
  throw new Error(`no busybox in the package busybox-static below ${into}`);
}
