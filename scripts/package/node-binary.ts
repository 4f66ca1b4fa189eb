import { join } from "node:path";
import { isAbsent, provideNpmPackage } from "./npm-package.ts";
import type { NodeRelease, Platform } from "./platforms.ts";
import { nodeUnavailable } from "./problems.ts";
import { runTool } from "./run-tool.ts";

/** A Node.js on the disk, with its licence beside it. */
export interface NodeBinary {
  readonly path: string;
  readonly licensePath: string;
}

/**
 * Node.js of a platform in exactly one version, from its npm package.
 *
 * @throws {Problem} `node_unavailable` where the registry has no such version, `package_unfit` where it has something
 * else under that version, `tool_failed` where npm fails otherwise
 */
export async function provideNodeBinary(platform: Platform, release: NodeRelease): Promise<NodeBinary> {
  try {
    const folder = await provideNpmPackage({ name: platform.nodePackage, ...release });
    return { path: join(folder, "bin/node"), licensePath: join(folder, "LICENSE") };
  } catch (error) {
    if (isAbsent(error)) throw await describeAbsence(platform, release.version);
    throw error;
  }
}

async function describeAbsence(platform: Platform, version: string): Promise<Error> {
  const major = version.split(".")[0];
  const listed = await runTool(["npm", "view", platform.nodePackage, "versions", "--json"]).catch(() => "[]");
  const versions = [JSON.parse(listed)].flat().filter((known): known is string => typeof known === "string");
  const newest = versions.filter((known) => known.startsWith(`${major}.`)).at(-1);
  const other =
    newest === undefined ? "" : `, or take the newest ${major} that it has: --node ${platform.name}=${newest}`;
  return nodeUnavailable(
    `no Node.js ${version} for ${platform.name}: the npm registry has no ${platform.nodePackage}@${version}`,
    `name the platforms to make with --platform${other}`,
  );
}
