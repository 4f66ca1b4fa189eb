import {
  mergeResources,
  normalizeAttestations,
  normalizeCacheEntries,
  normalizeSecrets,
  normalizeSshAgents,
} from "@opendepot/buildflags";
import { mergeBases } from "./context-base.ts";
import type { NullableTexts, Target, TargetFields } from "./target.ts";

/** An empty target, to merge others into. */
export function emptyTarget(name: string): Target {
  return { name, description: "" };
}

/**
 * Lays one target over another: buildx v0.36 bake `Target.Merge`. Most fields replace those below; lists of things
 * that add up are joined, and keys with values are merged by key.
 */
export function mergeTargets(below: Target, above: Target): Target {
  return {
    ...below,
    ...definedFields(above),
    name: below.name,
    description: above.description || below.description,
    ...mergedLists(below, above),
    ...mergedMaps(below, above),
    project_id: above.project_id || below.project_id,
    base: mergeBases(below, above),
  };
}

function definedFields(target: Target): Partial<Target> {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
}

function mergedLists(below: Target, above: Target): Partial<TargetFields> {
  return {
    inherits: append(below.inherits, above.inherits),
    annotations: append(below.annotations, above.annotations),
    attest: append(below.attest, above.attest, normalizeAttestations),
    policy: append(below.policy, above.policy),
    secret: append(below.secret, above.secret, normalizeSecrets),
    ssh: append(below.ssh, above.ssh, normalizeSshAgents),
    "cache-from": append(below["cache-from"], above["cache-from"], normalizeCacheEntries),
    "no-cache-filter": append(below["no-cache-filter"], above["no-cache-filter"]),
    ulimits: append(below.ulimits, above.ulimits),
    entitlements: append(below.entitlements, above.entitlements),
  };
}

function append<Entry>(
  below: readonly Entry[] | undefined,
  above: readonly Entry[] | undefined,
  normalize: (entries: readonly Entry[]) => readonly Entry[] = (entries) => entries,
): readonly Entry[] | undefined {
  return above === undefined ? below : normalize([...(below ?? []), ...above]);
}

function mergedMaps(below: Target, above: Target): Partial<TargetFields> {
  const isAnyResource = below.resources !== undefined || above.resources !== undefined;
  return {
    args: mergeNullable(below.args, above.args),
    labels: mergeNullable(below.labels, above.labels),
    "extra-hosts": mergeNullable(below["extra-hosts"], above["extra-hosts"]),
    contexts: above.contexts?.size ? new Map([...(below.contexts ?? []), ...above.contexts]) : below.contexts,
    resources: isAnyResource ? mergeResources(below.resources ?? new Map(), above.resources ?? new Map()) : undefined,
  };
}

function mergeNullable(below: NullableTexts | undefined, above: NullableTexts | undefined): NullableTexts | undefined {
  const present = [...(above ?? [])].filter(([, value]) => value !== null);
  return present.length === 0 ? below : new Map([...(below ?? []), ...present]);
}
