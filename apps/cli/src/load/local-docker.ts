import { systemClock } from "@opendepot/base";
import { type DockerClient, findDocker, openDocker } from "@opendepot/docker";
import type { Platform } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { dockerConfigFolder } from "../target/docker-config.ts";
import { loadObstacle } from "./load-obstacle.ts";
import { startSweep } from "./sweep.ts";

/** The Docker that images are for. Disposing closes the connections to it. */
export interface LocalDocker extends AsyncDisposable {
  readonly docker: DockerClient;
  /** Why it cannot pull from this machine's loopback, in words that follow "since"; undefined when it is worth a try. */
  readonly obstacle: string | undefined;
  /** That of its containers. */
  readonly platform: Platform;
}

/**
 * Opens the Docker that `docker` itself would use, or that of a Docker context, and asks it what it is.
 *
 * @throws {Problem} `docker_unavailable`, `docker_permission_denied` and others of `@opendepot/docker`
 */
export async function openLocalDocker(context: CliContext, dockerContext: string | undefined): Promise<LocalDocker> {
  const { environment, host, signal } = context;
  const ofContext = dockerContext === undefined ? {} : { DOCKER_HOST: "", DOCKER_CONTEXT: dockerContext };
  const { address } = await findDocker({
    environment: { ...environment, ...ofContext },
    configFolder: dockerConfigFolder(context),
    platform: host.platform,
  });
  await using cleanup = new AsyncDisposableStack();
  const docker = cleanup.use(openDocker({ address, environment }));
  const [obstacle, daemon] = await Promise.all([
    loadObstacle(docker, { platform: host.platform, signal }),
    docker.daemon({ signal }),
  ]);
  if (obstacle === undefined) cleanup.use(startSweep(docker, { clock: systemClock, signal }));
  const owned = cleanup.move();
  return { docker, obstacle, platform: toPlatform(daemon), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const KERNEL_NAMES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

function toPlatform({ os, architecture }: { readonly os: string; readonly architecture: string }): Platform {
  return { os, architecture: KERNEL_NAMES[architecture] ?? architecture };
}
