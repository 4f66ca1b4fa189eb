import { type HostNames, hostPlatform, type Platform } from "@opendepot/oci";

/** Architectures that builders are native to. */
export type BuilderArchitecture = "amd64" | "arm64";

/** What one builder does of a target. */
export interface BuilderPart {
  readonly architecture: BuilderArchitecture;
  /** Empty: the builder's own. */
  readonly platforms: readonly Platform[];
  /** Built only because another target needs it on this builder; nothing is exported. */
  readonly isForLinks?: boolean;
}

/**
 * Which builder builds which of the platforms: each the one that is native to it or nearest, in the order in which they
 * were asked for; without platforms the one like this machine.
 *
 * @param only the builder that does it all, when one was chosen
 */
export function planParts(
  platforms: readonly Platform[],
  { host, only }: { readonly host: HostNames; readonly only?: BuilderArchitecture | undefined },
): BuilderPart[] {
  const own = hostPlatform(host).architecture === "arm64" ? "arm64" : "amd64";
  if (only !== undefined) return [{ architecture: only, platforms }];
  if (platforms.length === 0) return [{ architecture: own, platforms }];
  const byArchitecture = Map.groupBy(platforms, (platform) => nearestArchitecture(platform) ?? own);
  return [...byArchitecture].map(([architecture, its]) => ({ architecture, platforms: its }));
}

/** The builder that is native to a platform or runs its programs without emulation; undefined when there is none. */
function nearestArchitecture({ architecture }: Platform): BuilderArchitecture | undefined {
  if (architecture === "amd64" || architecture === "386") return "amd64";
  if (architecture === "arm64" || architecture === "arm") return "arm64";
  return undefined;
}
