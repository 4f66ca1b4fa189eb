import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isProblem, type Problem } from "@opendepot/base";
import { bundleCli } from "../bundle-cli.ts";
import { makeExecutable } from "./executable.ts";
import { distFolder, pinnedNodeVersion, root } from "./house.ts";
import { collectLicenses } from "./licenses.ts";
import { type NodeBinary, provideNodeBinary } from "./node-binary.ts";
import type { PackagingOptions } from "./options.ts";
import { findPlatform, hostPlatformName, type NodeRelease, nodeReleaseOf, type Platform } from "./platforms.ts";
import { provideXattrBinary } from "./xattr-binary.ts";

const app = join(root, "apps/cli");

/** The bundled command line program, which the launcher of a checkout starts as well. */
export const bundle: string = join(app, "dist/depot.cjs");

/** What became of the platforms. */
export interface MadeExecutables {
  /** Names of files in the folder `dist`. */
  readonly files: readonly string[];
  /** Platforms for which no Node.js could be had. */
  readonly missing: readonly Problem[];
}

/**
 * Makes the single executables of the wanted platforms and the licences that go with them. A platform whose Node.js
 * cannot be had does not keep the others from being made.
 *
 * @throws {Problem} `tool_failed`
 */
export async function makeExecutables(
  { platforms, nodeVersions }: PackagingOptions,
  say: (line: string) => void,
): Promise<MadeExecutables> {
  await mkdir(distFolder, { recursive: true });
  await bundleCli();
  const [files, missing]: [string[], Problem[]] = [[], []];
  for (const platform of platforms) {
    const file = `depot-${platform.name}`;
    const wanted = nodeVersions.get(platform.name);
    const release = wanted === undefined ? nodeReleaseOf(platform) : { version: wanted };
    await rm(join(distFolder, file), { force: true });
    try {
      say(`${file}: Node.js ${release.version} with depot inside${remark(release)}`);
      const node = await makeOne(platform, release, file);
      await writeFile(join(distFolder, "LICENSES.txt"), collectLicenses(await readInputs(), node.licensePath));
      files.push(file);
    } catch (error) {
      if (!isProblem(error, "node_unavailable")) throw error;
      missing.push(error);
    }
  }
  return { files: files.length === 0 ? [] : [...files, "LICENSES.txt"], missing };
}

function remark({ version }: NodeRelease): string {
  return version === pinnedNodeVersion() ? "" : ` (this repository runs on ${pinnedNodeVersion()})`;
}

async function makeOne(platform: Platform, release: NodeRelease, file: string): Promise<NodeBinary> {
  const node = await provideNodeBinary(platform, release);
  const hostNode =
    release.version === pinnedNodeVersion()
      ? process.execPath
      : (await provideNodeBinary(findPlatform(hostPlatformName), { version: release.version })).path;
  const xattr = await provideXattrBinary(platform);
  await makeExecutable({ platform, node: node.path, hostNode, bundle, xattr, output: join(distFolder, file) });
  return node;
}

async function readInputs(): Promise<string[]> {
  const inputs: string[] = JSON.parse(await readFile(join(app, "dist/depot.inputs.json"), "utf8"));
  // Its native part is an asset of the executable instead of one of the bundle's sources; the licence is here.
  const xattr = join(root, "node_modules/@napi-rs/xattr/index.js");
  return [...inputs.map((path) => resolve(app, path)), xattr];
}
