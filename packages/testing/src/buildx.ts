import { findExecutable } from "@opendepot/builder";
import { prepareTestTools } from "./tools.ts";

/**
 * Path of a `docker-buildx`, which runs without Docker: the peer that we are measured against, and a client of the
 * gateway that we did not write. It is that of the PATH, or of Debian's package, fetched once.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function testBuildx(): Promise<string> {
  const known = await findExecutable("docker-buildx", process.env["PATH"] ?? "");
  return known ?? (await prepareTestTools()).buildx;
}
