import { PassThrough, type Writable } from "node:stream";
import { anySignal } from "@opendepot/base";
import type { DockerClient, DockerProgress, LoadedImages } from "@opendepot/docker";

/** Where a `docker` exporter's archive goes to be loaded. Disposing of it unfinished takes the load back. */
export interface DockerLoadSink extends AsyncDisposable {
  /** Takes the archive; fails with Docker's problem once Docker refuses it. */
  readonly stream: Writable;
  /** Says that the archive is whole, and waits until Docker has it. */
  finish(): Promise<LoadedImages>;
}

/** What a sink is opened with. */
export interface DockerLoadSinkOptions {
  readonly onProgress?: ((progress: DockerProgress) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Opens a way for an archive into a Docker, as `docker load` has it, while it is being made. The caller disposes of it. */
export function openDockerLoadSink(docker: DockerClient, options: DockerLoadSinkOptions): DockerLoadSink {
  const stream = new PassThrough();
  stream.on("error", () => undefined); // told to whoever writes, and by finish
  const leaving = new AbortController();
  const signal = anySignal(options.signal, leaving.signal);
  const loading = docker.load({ archive: stream, onProgress: options.onProgress, signal });
  loading.catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
  return {
    stream,
    finish: async () => {
      stream.end();
      return await loading;
    },
    [Symbol.asyncDispose]: async () => {
      leaving.abort(new Error("the load was given up"));
      await loading.catch(() => undefined);
      stream.destroy();
    },
  };
}
