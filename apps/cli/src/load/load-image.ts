import { setTimeout as sleep } from "node:timers/promises";
import { anySignal, isProblem } from "@opendepot/base";
import type { DockerClient, DockerProgress } from "@opendepot/docker";
import { formatPlatform, formatReference, type NormalizedReference, withDefaultTag } from "@opendepot/oci";
import { archiveImage } from "./image-archive.ts";
import { type LoopbackRegistry, openLoopbackRegistry } from "./loopback-registry.ts";
import { type BuiltImage, type LoadableImage, resolveImage } from "./resolve-image.ts";

/** What a load takes. */
export interface LoadOptions extends BuiltImage {
  readonly docker: DockerClient;
  /** The names that the image gets there; without a tag, `latest` is meant. At least one. */
  readonly names: readonly [NormalizedReference, ...NormalizedReference[]];
  /** Why Docker cannot pull from this process, in words that follow "since": what {@link loadObstacle} found. */
  readonly obstacle?: string | undefined;
  /** Hears why the whole image is sent, in words that follow "since". */
  readonly onWhole?: ((reason: string) => void) | undefined;
  /** Sees what Docker says, and how many bytes have crossed the wire so far. */
  readonly onProgress?: ((progress: DockerProgress, servedBytes: number) => void) | undefined;
}

/** An image in a Docker. */
export interface LoadedImage {
  /** As `docker images` has it. */
  readonly imageId: string;
  /** Bytes of configuration and layers that crossed the wire. */
  readonly servedBytes: number;
}

/**
 * Loads a built image into a Docker: Docker pulls it from a registry in this process, which reads it from the builder,
 * so that only what Docker lacks crosses the wire. Where Docker cannot reach this process, or cannot pull, it gets an
 * archive of all of it instead. Works with both of its image stores.
 *
 * The name under which it was pulled is taken away again, whatever happens.
 *
 * @throws {Problem} `load_image_unsuitable`, `manifest_invalid`, `builder_content_invalid`; those of
 *   {@link DockerClient}; whatever the content's source throws; the reason on abort
 */
export async function loadImage(options: LoadOptions): Promise<LoadedImage> {
  const { docker, names, signal, obstacle } = options;
  const image = await resolveImage(options);
  const known = await findPresent(docker, image, signal);
  if (known !== undefined) {
    for (const name of names) await docker.tag(known, withDefaultTag(name), { signal });
    return { imageId: known, servedBytes: 0 };
  }
  const pulled = obstacle === undefined ? await pullAndName(options, image) : { obstacle };
  if (!("obstacle" in pulled)) return pulled;
  options.onWhole?.(pulled.obstacle);
  return await sendWhole(options, image);
}

/** The id of the image if Docker has it: that of its configuration, or with containerd's store of its manifest. */
async function findPresent(
  docker: DockerClient,
  image: LoadableImage,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ids = [image.descriptor.digest, image.manifest.config.digest];
  const found = await Promise.all(ids.map((id) => docker.inspect(id, { signal })));
  return found.find((one) => one !== undefined)?.id;
}

/** @returns the obstacle when Docker refused: then nothing was loaded, and nothing is left of it */
async function pullAndName(
  options: LoadOptions,
  image: LoadableImage,
): Promise<LoadedImage | { readonly obstacle: string }> {
  const { docker, content, names, signal } = options;
  await using cleanup = new AsyncDisposableStack();
  const registry = cleanup.use(await openLoopbackRegistry({ image, content, signal }));
  const temporary = formatReference(registry.reference);
  let mayComeLate = true;
  cleanup.defer(() => removeTemporary(docker, temporary, mayComeLate && registry.wasAsked));
  try {
    await pull(options, registry);
  } catch (error) {
    signal.throwIfAborted();
    registry.failed.throwIfAborted();
    if (!isProblem(error, "docker_refused")) throw error;
    mayComeLate = false;
    const said = error.message.replaceAll(temporary, "the image");
    return { obstacle: registry.wasAsked ? said : "Docker cannot reach this process" };
  }
  mayComeLate = false;
  const inspecting = docker.inspect(temporary, { signal });
  inspecting.catch(() => undefined); // awaited once the names are given
  for (const name of names) await docker.tag(temporary, withDefaultTag(name), { signal });
  const imageId = (await inspecting)?.id ?? image.descriptor.digest;
  return { imageId, servedBytes: registry.servedBytes };
}

async function sendWhole(options: LoadOptions, image: LoadableImage): Promise<LoadedImage> {
  const { docker, content, names, onProgress, signal } = options;
  let servedBytes = 0;
  const archive = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of archiveImage({ image, content, names, signal })) {
      yield piece;
      servedBytes += piece.length;
    }
  };
  await docker.load({
    archive: archive(),
    onProgress: (progress) => onProgress?.(progress, servedBytes),
    signal,
  });
  const loaded = await docker.inspect(formatReference(withDefaultTag(names[0])), { signal });
  return { imageId: loaded?.id ?? image.descriptor.digest, servedBytes };
}

async function pull({ docker, platform, onProgress, signal }: LoadOptions, registry: LoopbackRegistry): Promise<void> {
  await docker.pull({
    reference: registry.reference,
    platform: platform && formatPlatform(platform),
    onProgress: (progress) => onProgress?.(progress, registry.servedBytes),
    signal: anySignal(signal, registry.failed),
  });
}

const REMOVE_MS = 10_000;
const LATE_PAUSES_MS = [0, 100, 300];

/**
 * A pull that was cut off in the middle may still come to its end in Docker, and its name appear, when all bytes had
 * already arrived: then it is looked for more than once.
 */
async function removeTemporary(docker: DockerClient, name: string, mayComeLate: boolean): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_MS);
  for (const pauseMs of mayComeLate ? LATE_PAUSES_MS : [0]) {
    await sleep(pauseMs);
    try {
      if (await docker.remove(name, { signal })) return;
    } catch {
      return; // Docker has gone or does not answer: there is nothing that could be done
    }
  }
}
