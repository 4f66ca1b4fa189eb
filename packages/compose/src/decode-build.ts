import {
  DecodeError,
  type Decoder,
  decodeFileMode,
  decodeHosts,
  decodePairs,
  decodeSize,
  decodeVariables,
} from "./decode-value.ts";
import { castInteger } from "./interpolate.ts";
import type { ComposeBuild, ComposeExtensions, ComposeSecret, ComposeSshKey, ComposeUlimit } from "./project.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goType, isMapping } from "./value.ts";

/** Reads a checked `build` section in its long form; what does not fit is noted in `decoder`. */
export function decodeBuild(section: ComposeMapping, decoder: Decoder): ComposeBuild {
  // In the order of compose-go's fields, in which it tells what does not fit.
  return {
    context: decoder.text("context"),
    dockerfile: decoder.text("dockerfile"),
    dockerfileInline: decoder.text("dockerfile_inline"),
    entitlements: decoder.texts("entitlements"),
    args: decoder.read("args", decodeVariables, new Map()),
    provenance: decoder.text("provenance"),
    sbom: decoder.text("sbom"),
    ssh: decoder.read("ssh", decodeSsh, []),
    labels: decoder.read("labels", decodePairs, new Map()),
    cacheFrom: decoder.texts("cache_from"),
    cacheTo: decoder.texts("cache_to"),
    noCache: decoder.flag("no_cache"),
    noCacheFilter: decoder.texts("no_cache_filter"),
    additionalContexts: decoder.read("additional_contexts", decodePairs, new Map()),
    pull: decoder.flag("pull"),
    extraHosts: decoder.read("extra_hosts", decodeHosts, new Map()),
    isolation: decoder.text("isolation"),
    network: decoder.text("network"),
    target: decoder.text("target"),
    secrets: decoder.list("secrets", (secret) => {
      secret.read("mode", decodeFileMode, 0n);
      return { source: secret.text("source"), target: secret.text("target") };
    }),
    shmSizeBytes: decoder.read("shm_size", decodeSize, 0n),
    tags: decoder.texts("tags"),
    ulimits: decoder.read("ulimits", decodeUlimits, new Map()),
    platforms: decoder.texts("platforms"),
    isPrivileged: decoder.flag("privileged"),
    extensions: extensionsOf(section),
  };
}

/** Reads a checked secret of the project; what does not fit is noted in `decoder`. */
export function decodeSecret(section: ComposeMapping, decoder: Decoder): ComposeSecret {
  return {
    name: decoder.text("name"),
    file: decoder.text("file"),
    environment: decoder.text("environment"),
    isExternal: decoder.flag("external"),
    extensions: extensionsOf(section),
  };
}

/** The entries of a mapping that start with `x-`. */
export function extensionsOf(mapping: ComposeMapping): ComposeExtensions {
  return new Map([...mapping].filter(([key]) => key.startsWith("x-")));
}

function decodeSsh(value: ComposeValue): ComposeSshKey[] {
  if (!isMapping(value)) throw new DecodeError(`invalid ssh config type ${goType(value)}`);
  return [...value].map(([id, path]) => ({ id, path: path === null ? "" : goPrint(path) }));
}

function decodeUlimits(value: ComposeValue): Map<string, ComposeUlimit> {
  const ulimits = new Map<string, ComposeUlimit>();
  if (!isMapping(value)) return ulimits;
  for (const [name, limit] of value) {
    if (typeof limit === "bigint") ulimits.set(name, { single: limit, soft: 0n, hard: 0n });
    else if (isMapping(limit))
      ulimits.set(name, { single: 0n, soft: decodeLimit(limit.get("soft")), hard: decodeLimit(limit.get("hard")) });
  }
  return ulimits;
}

// compose-go stops with a crash at a limit in quotes; it is as good as the number.
function decodeLimit(value: ComposeValue | undefined): bigint {
  if (typeof value === "bigint") return value;
  return typeof value === "string" ? castInteger(value) : 0n;
}
