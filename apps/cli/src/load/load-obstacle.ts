import { type DockerClient, describeDockerAddress } from "@opendepot/docker";

/** What decides whether a Docker can reach this process. */
export interface LoadSurroundings {
  /** Node's `process.platform`. */
  readonly platform: string;
  readonly signal: AbortSignal;
}

/**
 * Why a Docker surely cannot reach a registry on this machine's loopback, in words that follow "since"; undefined when
 * it is worth a try. Docker Desktop and its like run in a virtual machine with a loopback of its own.
 *
 * @throws {Problem} those of {@link DockerClient}: this is also how a build learns early that there is no Docker
 */
export async function loadObstacle(docker: DockerClient, around: LoadSurroundings): Promise<string | undefined> {
  const { address } = docker;
  const { operatingSystem } = await docker.daemon({ signal: around.signal });
  if (address.kind === "ssh" || (address.kind === "tcp" && !isLoopback(address.host))) {
    return `Docker at ${describeDockerAddress(address)} runs on another machine`;
  }
  if (around.platform !== "linux" || /docker desktop/i.test(operatingSystem)) {
    return "Docker runs in a virtual machine";
  }
  return undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
