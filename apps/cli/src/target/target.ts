import type { SecretSource, SshSource, TypeAndAttrs } from "@opendepot/buildkit";
import type { Platform } from "@opendepot/oci";
import type { BuildContext } from "./context.ts";
import type { Output } from "./outputs.ts";

/** One Dockerfile solve that was asked for, checked and with defaults applied: what `build` and `bake` have in common. */
export interface Target {
  /** `default` in `depot build`. */
  readonly name: string;
  readonly context: BuildContext;
  /** The stage to build; absent: the last one. */
  readonly stage?: string | undefined;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** `all`, or the stages that are not taken from the cache; empty: everything may be. */
  readonly noCache: "all" | readonly string[];
  readonly isPullForced: boolean;
  readonly secrets: readonly SecretSource[];
  readonly ssh: readonly SshSource[];
  /** As the Dockerfile frontend takes it; empty for none. */
  readonly extraHosts: string;
  readonly network: "default" | "host" | "none";
  /** In bytes; absent: the engine's default. */
  readonly shmSize?: number | undefined;
  /** As the Dockerfile frontend takes it; empty for none. */
  readonly ulimits: string;
  readonly cgroupParent?: string | undefined;
  /** Attributes of the Dockerfile frontend that limit each step: `memory`, `cpuquota`… */
  readonly resources: Readonly<Record<string, string>>;
  /** Empty: the builder's own, chosen by this machine's architecture. */
  readonly platforms: readonly Platform[];
  readonly outputs: readonly Output[];
  /** Whether the person said what is to become of the result, be it `cacheonly`. */
  readonly isOutputNamed: boolean;
  /** By type, for instance `provenance`, with the attributes of the attestation; undefined: switched off. */
  readonly attests: Readonly<Record<string, string | undefined>>;
  /** Folder for the SBOMs of the result; asks for them too. */
  readonly sbomFolder?: string | undefined;
  readonly cacheFrom: readonly TypeAndAttrs[];
  readonly cacheTo: readonly TypeAndAttrs[];
  readonly entitlements: readonly string[];
}
