import path from "node:path";
import { fetchDebianPackages, findExecutable } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";

const FETCH_MS = 5 * 60_000;

/**
 * Path of a `docker-buildx`, which runs without Docker: the peer that we are measured against, and a client of the
 * gateway that we did not write. It is that of the PATH, or of Debian's package, fetched once.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function testBuildx(): Promise<string> {
  const searchPath = process.env["PATH"] ?? "";
  const known = await findExecutable("docker-buildx", searchPath);
  if (known) return known;
  const into = path.join(cacheFolder, "buildx");
  const signal = AbortSignal.timeout(FETCH_MS);
  await fetchDebianPackages({
    names: ["docker-buildx"],
    suite: "testing",
    into,
    path: searchPath,
    env: process.env,
    signal,
  });
  return path.join(into, "usr/libexec/docker/cli-plugins/docker-buildx");
}
