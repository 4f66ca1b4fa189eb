import {
  compareSshAgents,
  normalizeCacheEntries,
  normalizeOutputs,
  normalizeSecrets,
  normalizeSshAgents,
  readCacheEntries,
  readOutputs,
  readSecrets,
  readSshAgents,
} from "@opendepot/buildflags";
import { type BakeExtension, type ComposeExtensions, readBakeExtension } from "@opendepot/compose";
import type { Target } from "../model/target.ts";
import { linkServices } from "./compose-targets.ts";

/**
 * Adds what `x-bake` under `build` says: buildx v0.36 bake `composeExtTarget`.
 *
 * @throws {Problem} `compose_invalid`, `build_flag_invalid`
 */
export function addBakeExtension(target: Target, extensions: ComposeExtensions): Target {
  const extension = readBakeExtension(extensions);
  if (extension === undefined) return target;
  return {
    ...target,
    ...addedTexts(target, extension),
    ...addedEntries(target, extension),
    pull: extension.pull ?? target.pull,
    "no-cache": extension.noCache ?? target["no-cache"],
    contexts: addedContexts(target, extension),
  };
}

function addedTexts(target: Target, { tags, platforms, noCacheFilter }: BakeExtension): Partial<Target> {
  return {
    tags: added(target.tags, tags, distinct),
    platforms: added(target.platforms, platforms, distinct),
    "no-cache-filter": added(target["no-cache-filter"], noCacheFilter, distinct),
  };
}

function addedEntries(target: Target, extension: BakeExtension): Partial<Target> {
  const { cacheFrom, cacheTo, secrets, ssh, outputs } = extension;
  return {
    "cache-from": added(target["cache-from"], readCacheEntries(cacheFrom), normalizeCacheEntries),
    "cache-to": added(target["cache-to"], readCacheEntries(cacheTo), normalizeCacheEntries),
    secret: added(target.secret, readSecrets(secrets), normalizeSecrets),
    ssh: added(target.ssh, readSshAgents(ssh), (agents) => normalizeSshAgents(agents).sort(compareSshAgents)),
    output: added(target.output, readOutputs(outputs), normalizeOutputs),
  };
}

function added<Entry>(
  own: readonly Entry[] | undefined,
  more: readonly Entry[],
  normalize: (entries: readonly Entry[]) => readonly Entry[],
): readonly Entry[] | undefined {
  return more.length === 0 ? own : normalize([...(own ?? []), ...more]);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** The service's own contexts win. */
function addedContexts({ contexts }: Target, extension: BakeExtension): Target["contexts"] {
  return extension.contexts.size === 0 ? contexts : new Map([...linkServices(extension.contexts), ...(contexts ?? [])]);
}
