import type { NormalizedReference } from "@opendepot/oci";
import type { DockerAddress } from "./address.ts";
import { type DockerDaemon, readDaemon } from "./daemon.ts";
import { DockerHttp } from "./http.ts";
import {
  type DockerImage,
  inspectImage,
  type ListedImage,
  type ListOptions,
  type LoadedImages,
  type LoadOptions,
  listImages,
  loadArchive,
  type PullOptions,
  pullImage,
  removeImage,
  tagImage,
} from "./images.ts";

/** What calls take. */
export interface DockerCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A client of one Docker. Nothing is sent before the first call; disposing closes the connections.
 *
 * Every method may throw the {@link Problem}s `docker_unavailable`, `docker_permission_denied`, `docker_untrusted`,
 * `docker_refused` and `docker_answer_invalid`, or the reason of its signal.
 */
export interface DockerClient extends AsyncDisposable {
  readonly address: DockerAddress;
  /** The address, for people. */
  readonly name: string;
  /** Whether a Docker answers there and lets us in. */
  ping(options?: DockerCallOptions): Promise<void>;
  /** What it says of itself, asked once. Slower than {@link ping}, some 10 ms. */
  daemon(options?: DockerCallOptions): Promise<DockerDaemon>;
  /** Pulls an image by its tag or digest. */
  pull(options: PullOptions): Promise<void>;
  /** Loads an archive that arrives in pieces. */
  load(options: LoadOptions): Promise<LoadedImages>;
  /** Gives an image, by a name or id of it, another name. */
  tag(image: string, name: NormalizedReference, options?: DockerCallOptions): Promise<void>;
  /** Takes a name away, and with the last name the image. False when there is no such image. */
  remove(image: string, options?: DockerCallOptions): Promise<boolean>;
  /** An image by its name or id; undefined when there is none. */
  inspect(image: string, options?: DockerCallOptions): Promise<DockerImage | undefined>;
  /** The images of which a name matches a pattern, with all their names that do. */
  list(options: ListOptions): Promise<readonly ListedImage[]>;
}

/** What a client is opened with. */
export interface DockerOptions {
  readonly address: DockerAddress;
  /** The environment of ssh, for addresses that need it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `ssh` on the PATH. */
  readonly sshCommand?: string | undefined;
}

/** A client of the Docker at an address; {@link findDocker} finds the one that is meant. The caller disposes of it. */
export function openDocker(options: DockerOptions): DockerClient {
  const { address, environment, sshCommand } = options;
  const http = new DockerHttp(address, { environment, command: sshCommand });
  let daemon: Promise<DockerDaemon> | undefined;
  return {
    address,
    name: http.name,
    ping: async ({ signal } = {}) => {
      const answer = await http.send({ method: "GET", path: "/_ping", action: "answer", signal });
      answer.resume();
    },
    daemon: async ({ signal } = {}) => {
      daemon ??= readDaemon(http, signal);
      try {
        return await daemon;
      } catch (error) {
        daemon = undefined;
        throw error;
      }
    },
    pull: (options) => pullImage(http, options),
    load: (options) => loadArchive(http, options),
    tag: (image, name, { signal } = {}) => tagImage(http, image, name, signal),
    remove: (image, { signal } = {}) => removeImage(http, image, signal),
    inspect: (image, { signal } = {}) => inspectImage(http, image, signal),
    list: (options) => listImages(http, options),
    [Symbol.asyncDispose]: async () => http[Symbol.dispose](),
  };
}
