import type { Architecture, CachePolicy } from "../provider.ts";
import { type GcRule, gcRules } from "./gc-policy.ts";
import { type RegistryWay, registryTables } from "./registries.ts";

/** What varies in `buildkitd.toml`. */
export interface BuildkitdConfig {
  readonly root: string;
  readonly runFolder: string;
  readonly socket: string;
  /** Absolute path of runc or a program that takes its place. */
  readonly runtime: string;
  readonly cgroupParent: string;
  /** How `RUN` steps reach the network; without it they share the machine's. */
  readonly plugins: { readonly folder: string; readonly configFile: string } | undefined;
  readonly cachePolicy: CachePolicy;
  /** Bytes of the disk that garbage collection tries to keep free. */
  readonly minFreeBytes: number;
  readonly architecture?: Architecture | undefined;
  /** Registries that are not reached as usual. Default: none. */
  readonly ways?: readonly RegistryWay[] | undefined;
}

/**
 * The configuration file of a builder's buildkitd: BuildKit v0.32, `docs/buildkitd.toml.md`.
 * No entitlement is enabled, and no device of the host is offered to builds.
 */
export function buildkitdToml(config: BuildkitdConfig): string {
  const lines = [
    `root = ${text(config.root)}`,
    "insecure-entitlements = []",
    "[grpc]",
    `address = [${text(`unix://${config.socket}`)}]`,
    "[otel]",
    `socketPath = ${text(`${config.runFolder}/otel.sock`)}`,
    "[cdi]",
    "disabled = true",
    "[worker.containerd]",
    "enabled = false",
    "[worker.oci]",
    "enabled = true",
    "gc = true",
    `binary = ${text(config.runtime)}`,
    `defaultCgroupParent = ${text(config.cgroupParent)}`,
    ...(config.architecture ? emulationLines(config.architecture) : []),
    ...networkLines(config.plugins),
    ...gcRules(config.cachePolicy, config.minFreeBytes).flatMap(ruleLines),
    ...registryTables(config.ways ?? []),
  ];
  return `${lines.join("\n")}\n`;
}

/** What clients call the machine by which they can tell that a builder emulates its architecture. */
const MACHINE_LABEL = "opendepot.machine";

/** For the architecture that is not the machine's own; the machine's is the other one. */
function emulationLines(architecture: Architecture): readonly string[] {
  const machine = architecture === "arm64" ? "amd64" : "arm64";
  return [
    `platforms = [${text(`linux/${architecture}`)}]`,
    `labels = { ${text(MACHINE_LABEL)} = ${text(`linux/${machine}`)} }`,
  ];
}

function networkLines(plugins: BuildkitdConfig["plugins"]): readonly string[] {
  if (!plugins) return ['networkMode = "host"'];
  return [
    'networkMode = "cni"',
    `cniConfigPath = ${text(plugins.configFile)}`,
    `cniBinaryPath = ${text(plugins.folder)}`,
  ];
}

function ruleLines(rule: GcRule): readonly string[] {
  const lines = ["[[worker.oci.gcpolicy]]", "all = true"];
  if (rule.unusedHours !== undefined) lines.push(`keepDuration = "${rule.unusedHours}h"`);
  // BuildKit before v0.17 knows keepBytes only; later ones read it when reservedSpace is missing.
  if (rule.maxUsedBytes !== undefined)
    lines.push(`keepBytes = ${rule.maxUsedBytes}`, `maxUsedSpace = ${rule.maxUsedBytes}`);
  if (rule.reservedBytes !== undefined) lines.push(`reservedSpace = ${rule.reservedBytes}`);
  if (rule.minFreeBytes !== undefined) lines.push(`minFreeSpace = ${rule.minFreeBytes}`);
  return lines;
}

/** Where the addresses of steps come from. */
export interface CniConfig {
  readonly bridge: string;
  /** In CIDR notation. */
  readonly subnet: string;
  readonly runFolder: string;
}

/**
 * The network of steps for the plugins `bridge` and `host-local` of container networks, CNI specification 1.0.
 *
 * Rules of the firewall are made once for the bridge and not by the plugins for each step, and addresses that a killed
 * engine held are free again at the next start, with the folder that they are noted in.
 */
export function cniConflist(config: CniConfig): string {
  const ipam = {
    type: "host-local",
    dataDir: `${config.runFolder}/addresses`,
    ranges: [[{ subnet: config.subnet }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const bridge = { type: "bridge", bridge: config.bridge, isGateway: true, ipMasq: false, ipam };
  return `${JSON.stringify({ cniVersion: "1.0.0", name: "opendepot", plugins: [bridge] })}\n`;
}

/** A TOML basic string; its escapes are those of JSON for all that a path may hold. */
function text(value: string): string {
  return JSON.stringify(value);
}
