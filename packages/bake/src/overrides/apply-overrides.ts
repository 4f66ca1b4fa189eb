import { isProblem } from "@opendepot/base";
import {
  type Attestation,
  type CacheEntry,
  cut,
  normalizeAttestations,
  normalizeCacheEntries,
  normalizeOutputs,
  normalizeSshAgents,
  type Output,
  parseGoBool,
  readAttestations,
  readCacheEntries,
  readOutputs,
  readPolicy,
  readSshAgents,
  withResource,
} from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { overrideSecrets } from "./override-secrets.ts";
import { withLoad, withPush } from "./push-load.ts";
import type { Override } from "./read-overrides.ts";

/** What a person granted by naming it on the command line: paths that a build may then read and write. */
export interface OverrideGrants {
  readonly reads: string[];
  readonly writes: string[];
  readonly entitlements: string[];
}

type Change = (target: Target, override: Override, name: string | undefined) => Target;

/**
 * Applies what the command line says about a target, in its order: buildx v0.36 bake `AddOverrides`, where the order
 * is that of a Go map.
 *
 * @param grants is added to
 * @throws {Problem} `bake_flag_invalid`, `build_flag_invalid`
 */
export function applyOverrides(
  target: Target,
  overrides: ReadonlyMap<string, Override>,
  grants: OverrideGrants,
): Target {
  let changed = target;
  for (const [key, override] of overrides) {
    const [kind, name] = cut(key, ".");
    if (kind === "secret" || kind === "secrets") continue;
    const change = CHANGES[kind];
    if (change === undefined) throw bakeProblem("bake_flag_invalid", `unknown key: ${kind}`);
    changed = change(changed, override, name);
    grantNamed(kind, changed, override, grants);
  }
  return overrideSecrets(changed, overrides, grants.reads);
}

const CHANGES: Readonly<Record<string, Change | undefined>> = {
  context: (target, { value }) => ({ ...target, context: value }),
  dockerfile: (target, { value }) => ({ ...target, dockerfile: value }),
  target: (target, { value }) => ({ ...target, target: value }),
  call: (target, { value }) => ({ ...target, call: value }),
  network: (target, { value }) => ({ ...target, network: value }),
  "shm-size": (target, { value }) => ({ ...target, "shm-size": value }),
  args: (target, { value }, name) => ({ ...target, args: withEntry(target.args, need("args", name), value) }),
  labels: (target, { value }, name) => ({ ...target, labels: withEntry(target.labels, need("labels", name), value) }),
  contexts: (target, { value }, name) => ({
    ...target,
    contexts: withEntry(target.contexts, need("contexts", name), value),
  }),
  "extra-hosts": (target, { value }, name) => ({
    ...target,
    "extra-hosts": withEntry(target["extra-hosts"], need("extra-hosts", name, "hostname>=<ip"), value),
  }),
  resources: (target, { value }, name) => ({
    ...target,
    resources: withResource(target.resources ?? new Map(), need("resources", name), value),
  }),
  tags: (target, override) => ({ ...target, tags: listOf(target.tags, override) }),
  platform: (target, override) => ({ ...target, platforms: listOf(target.platforms, override) }),
  "no-cache-filter": (target, override) => ({
    ...target,
    "no-cache-filter": listOf(target["no-cache-filter"], override),
  }),
  ulimits: (target, override) => ({ ...target, ulimits: listOf(target.ulimits, override) }),
  annotations: (target, { values }) => ({ ...target, annotations: [...(target.annotations ?? []), ...values] }),
  entitlements: (target, { values }) => ({ ...target, entitlements: [...(target.entitlements ?? []), ...values] }),
  "cache-from": (target, override) => ({ ...target, "cache-from": caches(target["cache-from"], override) }),
  "cache-to": (target, override) => ({ ...target, "cache-to": caches(target["cache-to"], override) }),
  ssh: (target, { values, isAppended }) => {
    const agents = readSshAgents(values);
    return { ...target, ssh: isAppended ? normalizeSshAgents([...(target.ssh ?? []), ...agents]) : agents };
  },
  output: (target, { values, isAppended }) => {
    const outputs = named("outputs", () => readOutputs(values));
    return { ...target, output: isAppended ? normalizeOutputs([...(target.output ?? []), ...outputs]) : outputs };
  },
  attest: (target, { values }) => {
    const added: readonly Attestation[] = named("attest", () => readAttestations(values));
    return { ...target, attest: normalizeAttestations([...(target.attest ?? []), ...added]) };
  },
  policy: (target, { values, isAppended }) => ({
    ...target,
    policy: [...(isAppended ? (target.policy ?? []) : []), ...values.map(readPolicy)],
  }),
  "no-cache": (target, { value }) => ({ ...target, "no-cache": readFlag("no-cache", value) }),
  pull: (target, { value }) => ({ ...target, pull: readFlag("pull", value) }),
  push: (target, { value }) => ({ ...target, output: withPush(target.output, readFlag("push", value)) }),
  load: (target, { value }) => ({ ...target, output: withLoad(target.output, readFlag("load", value)) }),
};

function need(kind: string, name: string | undefined, form = "name>=<value"): string {
  if (name !== undefined) return name;
  throw bakeProblem("bake_flag_invalid", `invalid format for ${kind}, expecting ${kind}.<${form}>`);
}

function withEntry<Value>(
  map: ReadonlyMap<string, Value> | undefined,
  key: string,
  value: Value,
): ReadonlyMap<string, Value> {
  return new Map(map).set(key, value);
}

function listOf(before: readonly string[] | undefined, { values, isAppended }: Override): readonly string[] {
  return isAppended ? [...(before ?? []), ...values] : values;
}

function caches(before: readonly CacheEntry[] | undefined, { values, isAppended }: Override): CacheEntry[] {
  const entries = readCacheEntries(values);
  return isAppended ? normalizeCacheEntries([...(before ?? []), ...entries]) : entries;
}

function named<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!isProblem(cause)) throw cause;
    throw bakeProblem("bake_flag_invalid", `invalid value for ${what}: ${cause.message}`, { cause });
  }
}

function readFlag(kind: string, value: string): boolean {
  const flag = parseGoBool(value);
  if (flag === undefined) throw bakeProblem("bake_flag_invalid", `invalid value ${value} for boolean key ${kind}`);
  return flag;
}

/** Whoever names a path on the command line need not be asked whether it may be used. */
function grantNamed(kind: string, target: Target, { values }: Override, grants: OverrideGrants): void {
  if (kind === "cache-from") grants.reads.push(...localPaths(target["cache-from"], "src"));
  else if (kind === "cache-to") grants.writes.push(...localPaths(target["cache-to"], "dest"));
  else if (kind === "ssh") grants.reads.push(...(target.ssh ?? []).flatMap(({ paths }) => paths));
  else if (kind === "output") grants.writes.push(...(target.output ?? []).flatMap(destinations));
  else if (kind === "entitlements") grants.entitlements.push(...values);
}

function localPaths(entries: readonly CacheEntry[] | undefined, key: "src" | "dest"): string[] {
  return (entries ?? []).flatMap(({ type, attributes }) => {
    const path = attributes.get(key);
    return type === "local" && path !== undefined ? [path] : [];
  });
}

function destinations({ dest }: Output): string[] {
  return dest === "" ? [] : [dest];
}
