import { formatPlatform, type HostNames, hostPlatform, type Platform } from "@opendepot/oci";

/** Architectures that builders are native to. */
export type BuilderArchitecture = "amd64" | "arm64";

/**
 * The builder that is native to a platform, or nearest to it; without a platform the one like this machine.
 */
export function builderArchitecture(platform: Platform | undefined, host: HostNames): BuilderArchitecture {
  const own = hostPlatform(host).architecture === "arm64" ? "arm64" : "amd64";
  switch (platform?.architecture) {
    case "amd64":
    case "386":
      return "amd64";
    case "arm64":
    case "arm":
      return "arm64";
    default:
      return own;
  }
}

/** What to say when the engine's own platform is another than the one that is built for; undefined when all is native. */
export function emulationNote(wanted: BuilderArchitecture, own: Platform | undefined): string | undefined {
  if (own === undefined || own.architecture === wanted || own.architecture === "") return undefined;
  return `[depot] the ${wanted} builder runs on ${formatPlatform(own)}: ${wanted} programs are emulated and slower`;
}
