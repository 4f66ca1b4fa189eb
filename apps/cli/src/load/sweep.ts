import { anySignal, type Clock } from "@opendepot/base";
import type { DockerClient } from "@opendepot/docker";
import { isLeftOver, TEMPORARY_PATTERN } from "./temporary-name.ts";

/** What a sweep takes. */
export interface SweepOptions {
  readonly clock: Clock;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/** How long the end of a load may wait for the end of its sweep. */
const LAST_MOMENT_MS = 1_000;

/**
 * Takes away the names that killed loads have left in a Docker, and with them images that have no other. It goes on
 * beside the build until it is disposed of, and nobody hears of what stands in its way: the next load tries again.
 */
export function startSweep(docker: DockerClient, { clock, signal }: SweepOptions): AsyncDisposable {
  const stop = new AbortController();
  const ended = anySignal(signal, stop.signal);
  const sweeping = sweep(docker, clock, ended).catch(() => undefined);
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.race([sweeping, clock.sleep(LAST_MOMENT_MS, ended).catch(() => undefined)]);
      stop.abort(new Error("the load is over"));
      await sweeping;
    },
  };
}

async function sweep(docker: DockerClient, clock: Clock, signal: AbortSignal): Promise<void> {
  const images = await docker.list({ reference: TEMPORARY_PATTERN, signal });
  for (const name of images.flatMap(({ digests }) => digests)) {
    if (isLeftOver(name, clock.now())) await docker.remove(name, { signal });
  }
}
