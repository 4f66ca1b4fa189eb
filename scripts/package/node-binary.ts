import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isProblem } from "@opendepot/base";
import { cacheFolder } from "./house.ts";
import type { NodeRelease, Platform } from "./platforms.ts";
import { nodeUnavailable, packageUnfit } from "./problems.ts";
import { runTool } from "./run-tool.ts";

const NOT_THERE = /\b(E404|ETARGET)\b/;

/** A Node.js on the disk, with its licence beside it. */
export interface NodeBinary {
  readonly path: string;
  readonly licensePath: string;
}

/**
 * Node.js of a platform in exactly one version: fetched from the npm registry, through npm and with its checks, or
 * taken from what was fetched before.
 *
 * @throws {Problem} `node_unavailable` where the registry has no such version, `package_unfit` where it has something
 * else under that version, `tool_failed` where npm fails otherwise
 */
export async function provideNodeBinary(platform: Platform, release: NodeRelease): Promise<NodeBinary> {
  const folder = join(cacheFolder, `${platform.nodePackage}@${release.version}`);
  if (!existsSync(folder)) await fetchInto(folder, platform, release.version);
  await assertIntegrity(folder, platform, release);
  const unpacked = join(folder, "node_modules", platform.nodePackage);
  return { path: join(unpacked, "bin/node"), licensePath: join(unpacked, "LICENSE") };
}

/** The folder appears under its name only once it is whole. */
async function fetchInto(folder: string, platform: Platform, version: string): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    // --force: npm refuses packages of other platforms without it.
    const flags = ["--force", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    await runTool(["npm", "install", "--prefix", partial, ...flags, `${platform.nodePackage}@${version}`]);
    await rename(partial, folder);
  } catch (error) {
    if (isProblem(error, "tool_failed") && NOT_THERE.test(error.hint ?? ""))
      throw await describeAbsence(platform, version);
    throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** npm has checked what it unpacked against the checksum that it wrote down; this is whether that is the right one. */
async function assertIntegrity(folder: string, { nodePackage }: Platform, release: NodeRelease): Promise<void> {
  if (release.integrity === undefined) return;
  const { packages } = JSON.parse(await readFile(join(folder, "node_modules/.package-lock.json"), "utf8"));
  const found = packages[`node_modules/${nodePackage}`]?.integrity;
  if (found === release.integrity) return;
  await rm(folder, { recursive: true, force: true });
  throw packageUnfit(`${nodePackage}@${release.version} has the checksum ${found}, not ${release.integrity}`);
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
