import { type Clock, onAbort } from "@opendepot/base";
import { formatReference, type NormalizedReference, parseNormalizedReference } from "@opendepot/oci";
import {
  type CopyProgress,
  type CopySource,
  copyImage,
  openRegistry,
  type RegistryCredentials,
} from "@opendepot/registry-client";
import { argumentInvalid } from "../problems.ts";

/** What copying saved images takes. */
export interface CopyImageDeps {
  /** Whether a host may be connected to at an address. */
  readonly allows: (host: string, address: string) => boolean;
  /** Registries that are spoken to without TLS, as hosts before image names; beside those on loopback. */
  readonly plainHttp: ReadonlySet<string>;
  /** The built-in registry, as the host before image names. */
  readonly registryHost: string;
  readonly registryScheme: "http" | "https";
  /** What the built-in registry's own certificate is signed by. */
  readonly caPem: string;
  readonly clock: Clock;
}

/** An image that is to be copied elsewhere. */
export interface SavedImageCopy {
  readonly source: CopySource;
  /** A tag or digest at the source. */
  readonly reference: string;
  /** A whole reference with a tag. */
  readonly target: NormalizedReference;
  /** For the target's registry and its token server; kept no longer than the copy takes. */
  readonly credentials: RegistryCredentials | undefined;
  /** Takes along what refers to the image. */
  readonly withReferrers: boolean;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** How far a copy is. */
export type CopyEvent =
  | { readonly kind: "blob"; readonly progress: CopyProgress }
  | {
      readonly kind: "image";
      readonly digest: string;
      readonly sentBytes: number;
      /** How many manifests that refer to it were taken along; undefined where they were not asked for. */
      readonly referrers: number | undefined;
    };

const TELL_EVERY_MS = 250;
/** Whoever listens knows by this that the copy is alive while a registry is busy with what it got. */
const TELL_AGAIN_MS = 10_000;
/** A registry may take its time to check a large blob. */
const IDLE_MS = 300_000;

/**
 * Copies a saved image to another registry, or to another repository of the built-in one, and tells how far it is.
 * Leaving the loop ends the copy.
 *
 * @throws {Problem} those of `copyImage`; `registry_not_allowed`
 */
export async function* copySavedImage(
  deps: CopyImageDeps,
  { source, reference, target, credentials, withReferrers, signal }: SavedImageCopy,
): AsyncGenerator<CopyEvent, void, undefined> {
  const stop = new AbortController();
  using _ = onAbort(signal, (reason) => stop.abort(reason));
  const isOwn = target.domain === deps.registryHost;
  await using to = await openRegistry({
    ...{ reference: target, access: "push", idleMs: IDLE_MS, clock: deps.clock, signal: stop.signal },
    allows: (host, address) => isOwn || deps.allows(host, address),
    ...(deps.plainHttp.has(target.domain.toLowerCase()) && { scheme: "http" }),
    ...(isOwn && { scheme: deps.registryScheme, authorities: [deps.caPem] }),
    credentials: { lookup: async () => credentials },
  });
  const told = new Map<string, CopyProgress>();
  const copying = copyImage({
    ...{ from: source, to, reference, tags: [target.tag ?? "latest"], withReferrers, signal: stop.signal },
    onProgress: (progress) => told.set(progress.blob.digest, progress),
  });
  let isOver = false;
  const ended = copying
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  try {
    let last: CopyProgress | undefined;
    for (let quietMs = 0; !isOver; quietMs += TELL_EVERY_MS) {
      await Promise.race([ended, deps.clock.sleep(TELL_EVERY_MS, stop.signal)]);
      if (told.size === 0 && quietMs >= TELL_AGAIN_MS && last !== undefined) told.set(last.blob.digest, last);
      if (told.size > 0) quietMs = 0;
      for (const progress of take(told)) {
        last = progress;
        yield { kind: "blob", progress };
      }
    }
    const { descriptor, sentBytes, referrers } = await copying;
    yield { kind: "image", digest: descriptor.digest, sentBytes, referrers: withReferrers ? referrers : undefined };
  } finally {
    stop.abort(new Error("the copy is over"));
    await ended;
  }
}

function take<Value>(values: Map<string, Value>): Value[] {
  const taken = [...values.values()];
  values.clear();
  return taken;
}

/**
 * Reads where an image is to be copied to.
 *
 * @throws {Problem} `argument_invalid`, `reference_invalid`
 */
export function readCopyTarget(text: string): NormalizedReference {
  const target = parseNormalizedReference(text);
  if (target.tag !== undefined && target.digest === undefined) return target;
  throw argumentInvalid(`${formatReference(target)} has no tag`, "name a registry, a repository and a tag");
}
