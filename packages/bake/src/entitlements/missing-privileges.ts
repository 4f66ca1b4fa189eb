import { compareBytes, cut } from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { cleanPath, joinPaths } from "../text/paths.ts";
import { localPathsOf } from "./local-paths.ts";
import { addDevice, NO_PRIVILEGES, type Privileges } from "./privileges.ts";

/** Follows the links of this machine. */
export interface PathResolver {
  /**
   * Splits a path, relative to the working folder, into what exists of it, absolute and with all links followed, and
   * the rest, which is empty when all of it exists.
   */
  resolveExisting(path: string): Promise<{ readonly existing: string; readonly rest: string }>;
}

/** What privileges are compared over. */
export interface PrivilegeCheck {
  readonly granted: Privileges;
  readonly paths: PathResolver;
  /** Relative contexts are folders of a remote definition. */
  readonly isRemote: boolean;
}

/**
 * What targets need and nobody granted: buildx v0.36 bake `EntitlementConf.Validate`. Unlike there, paths of all
 * targets count, not only those of the last one.
 *
 * @throws {Problem} `bake_target_invalid`, `build_flag_invalid`
 */
export async function missingPrivileges(targets: Iterable<Target>, check: PrivilegeCheck): Promise<Privileges> {
  const all = [...targets];
  const paths = all.map((target) => localPathsOf(target, check.isRemote));
  return {
    ...all.reduce((missing, target) => addNeeds(missing, target, check.granted), NO_PRIVILEGES),
    reads: await missingPaths(
      paths.flatMap(({ reads }) => reads),
      check.granted.reads,
      check.paths,
    ),
    writes: await missingPaths(
      paths.flatMap(({ writes }) => writes),
      check.granted.writes,
      check.paths,
    ),
  };
}

function addNeeds(missing: Privileges, target: Target, granted: Privileges): Privileges {
  const asked = target.entitlements ?? [];
  const needsAgent = (target.ssh ?? []).some(({ paths }) => paths.length === 0);
  return {
    ...missing,
    hasHostNetwork: missing.hasHostNetwork || (asked.includes("network.host") && !granted.hasHostNetwork),
    isInsecure: missing.isInsecure || (asked.includes("security.insecure") && !granted.isInsecure),
    devices: asked.reduce((devices, one) => addNeededDevice(devices, one, granted), missing.devices),
    hasSshAgent: missing.hasSshAgent || (needsAgent && !granted.hasSshAgent),
    isLocalDeleteAllowed: missing.isLocalDeleteAllowed || (deletes(target) && !granted.isLocalDeleteAllowed),
  };
}

function addNeededDevice(devices: Privileges["devices"], asked: string, granted: Privileges): Privileges["devices"] {
  const [key, name = ""] = cut(asked, "=");
  if (key !== "device" || granted.devices === "all") return devices;
  const needed = addDevice(new Set(), name);
  if (needed === "all") return "all";
  const isGranted = [...needed].every((one) => granted.devices !== "all" && granted.devices.has(one));
  return isGranted ? devices : addDevice(devices, name);
}

function deletes({ output }: Target): boolean {
  return (output ?? []).some(({ type, attributes }) => {
    const mode = attributes.get("mode") ?? "";
    if (type !== "local" || mode === "" || mode === "copy") return false;
    if (mode === "delete") return true;
    throw bakeProblem("bake_target_invalid", `invalid local exporter mode ${JSON.stringify(mode)}`);
  });
}

async function missingPaths(
  used: readonly string[],
  granted: readonly string[],
  resolver: PathResolver,
): Promise<readonly string[]> {
  if (granted.includes("*")) return [];
  const allowed = await Promise.all(
    granted.map(async (path) => {
      const { existing, rest } = await resolver.resolveExisting(path);
      return joinPaths(existing, rest);
    }),
  );
  const existing = await Promise.all(used.map(async (path) => (await resolver.resolveExisting(path)).existing));
  const missing = outermost(existing.map(cleanPath)).filter((path) => !allowed.some((one) => isWithin(path, one)));
  return missing.sort(compareBytes);
}

/** Leaves out paths that lie below others. */
function outermost(paths: readonly string[]): string[] {
  const distinct = [...new Set(paths)];
  return distinct.filter((path) => !distinct.some((other) => path !== other && path.startsWith(`${other}/`)));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}
