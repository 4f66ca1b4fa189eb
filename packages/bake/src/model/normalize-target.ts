import {
  normalizeAttestations,
  normalizeCacheEntries,
  normalizeOutputs,
  normalizeSecrets,
  normalizeSshAgents,
  removeRepeatedTexts,
} from "@opendepot/buildflags";
import type { Target } from "./target.ts";

/** Drops what repeats and what is empty: buildx v0.36 bake `Target.normalize`. */
export function normalizeTarget(target: Target): Target {
  const contexts = [...(target.contexts ?? [])].filter(([, path]) => path !== "");
  const asked = target.network === "host" ? [...(target.entitlements ?? []), "network.host"] : target.entitlements;
  return {
    ...target,
    annotations: map(target.annotations, removeRepeatedTexts),
    attest: map(target.attest, normalizeAttestations),
    tags: map(target.tags, removeRepeatedTexts),
    secret: map(target.secret, normalizeSecrets),
    ssh: map(target.ssh, normalizeSshAgents),
    platforms: map(target.platforms, removeRepeatedTexts),
    "cache-from": map(target["cache-from"], normalizeCacheEntries),
    "cache-to": map(target["cache-to"], normalizeCacheEntries),
    output: map(target.output, normalizeOutputs),
    "no-cache-filter": map(target["no-cache-filter"], removeRepeatedTexts),
    ulimits: map(target.ulimits, removeRepeatedTexts),
    entitlements: map(asked, removeRepeatedTexts),
    contexts: contexts.length > 0 ? new Map(contexts) : undefined,
  };
}

function map<Value>(value: Value | undefined, change: (value: Value) => Value): Value | undefined {
  return value === undefined ? undefined : change(value);
}
