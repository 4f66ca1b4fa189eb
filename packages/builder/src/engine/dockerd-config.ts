import type { CachePolicy } from "../provider.ts";
import { type GcRule, gcRules } from "./gc-policy.ts";

/** What varies in the configuration of a builder's Docker Engine. */
export interface DockerdConfig {
  /** The cache volume. */
  readonly folder: string;
  readonly runFolder: string;
  readonly socket: string;
  readonly containerdSocket: string;
  readonly bridge: string;
  readonly cgroupParent: string;
  readonly cachePolicy: CachePolicy;
  /** Bytes of the disk that garbage collection tries to keep free. */
  readonly minFreeBytes: number;
}

/**
 * The `daemon.json` of a private Docker Engine: everything of its own, images in containerd, and hands off the
 * machine's firewall. Keys: Docker's `dockerd` reference, "Daemon configuration file".
 */
export function daemonJson(config: DockerdConfig): string {
  const settings = {
    "data-root": `${config.folder}/docker`,
    "exec-root": `${config.runFolder}/docker`,
    pidfile: `${config.runFolder}/docker.pid`,
    hosts: [`unix://${config.socket}`],
    group: String(process.getgid?.() ?? 0),
    containerd: config.containerdSocket,
    features: { "containerd-snapshotter": true, cdi: false },
    bridge: config.bridge,
    iptables: false,
    ip6tables: false,
    "ip-forward": false,
    "ip-masq": false,
    "userland-proxy": false,
    // Without systemd's say, the groups of steps are where the next start looks for leftovers.
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": config.cgroupParent,
    builder: {
      gc: { enabled: true, policy: gcRules(config.cachePolicy, config.minFreeBytes).map(gcPolicy) },
      entitlements: { "network-host": false, "security-insecure": false, device: false },
    },
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}

function gcPolicy(rule: GcRule): Readonly<Record<string, unknown>> {
  const size = (bytes: number | undefined): string | undefined => (bytes === undefined ? undefined : String(bytes));
  return {
    all: true,
    ...(rule.unusedHours === undefined ? {} : { filter: [`unused-for=${rule.unusedHours}h`] }),
    // Docker Engine before 28 knows keepStorage only; later ones read it when reservedSpace is missing.
    keepStorage: size(rule.maxUsedBytes),
    maxUsedSpace: size(rule.maxUsedBytes),
    reservedSpace: size(rule.reservedBytes),
    minFreeSpace: size(rule.minFreeBytes),
  };
}

/** Plugins of containerd that reach outside its own folders, or for which a builder has no use. */
const DISABLED_PLUGINS: readonly string[] = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
];

/**
 * The configuration of that engine's containerd, in version 2 of the format, which containerd 1.6 to 2.x read.
 * It is started apart from the engine, since dockerd would otherwise join the machine's own when one is running.
 */
export function containerdToml(config: Pick<DockerdConfig, "folder" | "runFolder" | "containerdSocket">): string {
  const lines = [
    "version = 2",
    `root = ${JSON.stringify(`${config.folder}/containerd`)}`,
    `state = ${JSON.stringify(`${config.runFolder}/containerd`)}`,
    `disabled_plugins = ${JSON.stringify(DISABLED_PLUGINS)}`,
    "[grpc]",
    `address = ${JSON.stringify(config.containerdSocket)}`,
  ];
  return `${lines.join("\n")}\n`;
}
