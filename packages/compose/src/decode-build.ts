import {
  DecodeError,
  Decoder,
  decodeFileMode,
  decodeHosts,
  decodePairs,
  decodeSize,
  decodeVariables,
} from "./decode-value.ts";
import { castInteger } from "./interpolate.ts";
import type { ComposeBuild, ComposeExtensions, ComposeSecret, ComposeSshKey, ComposeUlimit } from "./project.ts";
import { type ComposeMapping, type ComposeValue, goPrint, goType, isMapping } from "./value.ts";

/** Reads a checked `build` section in its long form. @throws {Problem} `compose_invalid` */
export function decodeBuild(section: ComposeMapping, serviceName: string): ComposeBuild {
  const decoder = new Decoder(section, `services[${serviceName}].build`);
  const build: ComposeBuild = {
    context: decoder.text("context"),
    dockerfile: decoder.text("dockerfile"),
    dockerfileInline: decoder.text("dockerfile_inline"),
    args: decoder.read("args", decodeVariables, new Map()),
    labels: decoder.read("labels", decodePairs, new Map()),
    cacheFrom: decoder.texts("cache_from"),
    cacheTo: decoder.texts("cache_to"),
    noCache: decoder.flag("no_cache"),
    noCacheFilter: decoder.texts("no_cache_filter"),
    pull: decoder.flag("pull"),
    additionalContexts: decoder.read("additional_contexts", decodePairs, new Map()),
    network: decoder.text("network"),
    target: decoder.text("target"),
    tags: decoder.texts("tags"),
    platforms: decoder.texts("platforms"),
    ssh: decoder.read("ssh", decodeSsh, []),
    secrets: decoder.list("secrets", (secret) => {
      secret.read("mode", decodeFileMode, 0n);
      return { source: secret.text("source"), target: secret.text("target") };
    }),
    shmSizeBytes: decoder.read("shm_size", decodeSize, 0n),
    ulimits: decoder.read("ulimits", decodeUlimits, new Map()),
    extraHosts: decoder.read("extra_hosts", decodeHosts, new Map()),
    sbom: decoder.text("sbom"),
    provenance: decoder.text("provenance"),
    entitlements: decoder.texts("entitlements"),
    isPrivileged: decoder.flag("privileged"),
    isolation: decoder.text("isolation"),
    extensions: extensionsOf(section),
  };
  decoder.finish();
  return build;
}

/** Reads a checked secret of the project. @throws {Problem} `compose_invalid` */
export function decodeSecret(section: ComposeMapping, name: string): ComposeSecret {
  const decoder = new Decoder(section, `secrets[${name}]`);
  const secret: ComposeSecret = {
    name: decoder.text("name"),
    file: decoder.text("file"),
    environment: decoder.text("environment"),
    isExternal: decoder.flag("external"),
    extensions: extensionsOf(section),
  };
  decoder.finish();
  return secret;
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
