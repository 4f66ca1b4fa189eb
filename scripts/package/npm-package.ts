import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isProblem } from "@opendepot/base";
import { cacheFolder } from "./house.ts";
import { packageUnfit } from "./problems.ts";
import { runTool } from "./run-tool.ts";

const NOT_THERE = /\b(E404|ETARGET)\b/;

/** One version of an npm package. */
export interface NpmRelease {
  readonly name: string;
  readonly version: string;
  /** Its checksum, in the form of https://www.w3.org/TR/SRI/. Default: whatever npm accepts. */
  readonly integrity?: string | undefined;
}

/**
 * The folder of an npm package, of whatever platform: fetched from the npm registry, through npm and with its checks, or
 * taken from what was fetched before.
 *
 * @throws {Problem} `package_unfit` where the registry has something else under that version, `tool_failed` where npm
 *   fails, for which {@link isAbsent} may know the reason
 */
export async function provideNpmPackage(release: NpmRelease): Promise<string> {
  const folder = join(cacheFolder, `${release.name.replace("/", "+")}@${release.version}`);
  if (!existsSync(folder)) await fetchInto(folder, release);
  await assertIntegrity(folder, release);
  return join(folder, "node_modules", release.name);
}

/** Whether npm failed because the registry has no such package, or not in that version. */
export function isAbsent(error: unknown): boolean {
  return isProblem(error, "tool_failed") && NOT_THERE.test(error.hint ?? "");
}

/** The folder appears under its name only once it is whole. */
async function fetchInto(folder: string, { name, version }: NpmRelease): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    // --force: npm refuses packages of other platforms without it.
    const flags = ["--force", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    await runTool(["npm", "install", "--prefix", partial, ...flags, `${name}@${version}`]);
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** npm has checked what it unpacked against the checksum that it wrote down; this is whether that is the right one. */
async function assertIntegrity(folder: string, { name, version, integrity }: NpmRelease): Promise<void> {
  if (integrity === undefined) return;
  const { packages } = JSON.parse(await readFile(join(folder, "node_modules/.package-lock.json"), "utf8"));
  const found = packages[`node_modules/${name}`]?.integrity;
  if (found === integrity) return;
  await rm(folder, { recursive: true, force: true });
  throw packageUnfit(`${name}@${version} has the checksum ${found}, not ${integrity}`);
}
