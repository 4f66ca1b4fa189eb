import { isProblem } from "@opendepot/base";
import { type ClientStep, openStep, type StatusSink } from "@opendepot/buildkit";
import type { DockerProgress } from "@opendepot/docker";
import { formatReference, type NormalizedReference } from "@opendepot/oci";
import { isLoopback } from "@opendepot/registry-client";
import { type LocalDocker, loadImage, showProgress } from "../load/index.ts";
import type { Server } from "../server.ts";
import { describeImage, type SavedImage } from "./find-images.ts";
import { openRegistryImage } from "./registry-content.ts";
import { openSource } from "./source-repository.ts";

/** The Docker that images are pulled into; its platform says which image of several it gets. */
export interface PullingDocker extends Omit<LocalDocker, keyof AsyncDisposable> {
  /** `--platform`; undefined lets Docker choose its own. */
  readonly asked: string | undefined;
}

/** An image on its way into a Docker. */
export interface ImagePull {
  readonly image: SavedImage;
  /** The first one is that in the registry. */
  readonly names: readonly [NormalizedReference, ...NormalizedReference[]];
  readonly docker: PullingDocker;
  readonly display: StatusSink;
  readonly server: Server;
  readonly signal: AbortSignal;
}

/**
 * Pulls a saved image: Docker does it itself where it can, with credentials for this pull alone; where it does not reach
 * the registry or does not trust it, the image is loaded through this process as a built one is.
 *
 * @throws {Problem} those of the Docker, {@link openRegistryImage} and {@link loadImage}
 */
export async function pullImage(pull: ImagePull): Promise<void> {
  const { image, display } = pull;
  const step = openStep(display, `pulling ${describeImage(image)}`);
  try {
    const reason = await pullByDocker(pull, step);
    if (reason !== undefined) {
      openStep(display, `[depot] passing the image on to Docker, since ${reason}`).done();
      await passOn(pull, step);
    }
    step.done();
  } catch (error) {
    step.fail(error);
    throw error;
  }
}

/** @returns why Docker did not, in words that follow "since" */
async function pullByDocker(
  { image, names, docker, signal }: ImagePull,
  step: ClientStep,
): Promise<string | undefined> {
  const { reference, username, password } = image;
  const isHere = isLoopback(new URL(`http://${reference.domain}`).hostname);
  if (docker.obstacle !== undefined && isHere) return docker.obstacle;
  const auth = { username, password: password.reveal(), serveraddress: reference.domain };
  const [, ...others] = names;
  const onProgress = (progress: DockerProgress): void => showProgress(step, progress);
  try {
    await docker.docker.pull({ reference, platform: docker.asked, auth, onProgress, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isProblem(error, "docker_refused")) throw error;
    return error.message;
  }
  for (const name of others) await docker.docker.tag(formatReference(reference), name, { signal });
  return undefined;
}

async function passOn({ image, names, docker, server, display, signal }: ImagePull, step: ClientStep): Promise<void> {
  const { tag, digest } = image.reference;
  await using repository = await openSource(image, { server, signal });
  const wanted = { reference: digest ?? tag ?? "latest", platform: docker.platform, signal };
  const { content, descriptor, platform } = await openRegistryImage(repository, wanted);
  const [first, ...others] = names;
  await loadImage({
    ...{ docker: docker.docker, obstacle: docker.obstacle, content, descriptor, platform, signal },
    names: [withTag(first), ...others],
    onWhole: (reason) => openStep(display, `[depot] sending the whole image to Docker, since ${reason}`).done(),
    onProgress: (progress) => showProgress(step, progress),
  });
}

/** What is loaded cannot have a name with a digest alone. */
function withTag({ digest, ...name }: NormalizedReference): NormalizedReference {
  return { ...name, tag: name.tag ?? digest?.replace(":", "-") };
}
