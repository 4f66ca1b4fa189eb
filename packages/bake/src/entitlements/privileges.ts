import { cut, goQuote, readCsvFields } from "@opendepot/buildflags";
import type { OverrideGrants } from "../overrides/apply-overrides.ts";
import { bakeProblem } from "../problems.ts";

/** What a bake may do beyond building, or what it asks to: buildx v0.36 bake `EntitlementConf`. */
export interface Privileges {
  readonly hasHostNetwork: boolean;
  readonly isInsecure: boolean;
  /** Names of CDI devices; `all` for any. */
  readonly devices: "all" | ReadonlySet<string>;
  /** Paths that may be read, with what lies below them; `*` for any. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly hasSshAgent: boolean;
  /** Local outputs may delete what else is in their folders. */
  readonly isLocalDeleteAllowed: boolean;
}

/** Nothing but building. */
export const NO_PRIVILEGES: Privileges = {
  hasHostNetwork: false,
  isInsecure: false,
  devices: new Set(),
  reads: [],
  writes: [],
  hasSshAgent: false,
  isLocalDeleteAllowed: false,
};

/**
 * Reads repeated `--allow` flags of bake: buildx v0.36 bake `ParseEntitlements`.
 *
 * @throws {Problem} `bake_flag_invalid`, `build_flag_invalid`
 */
export function readPrivileges(texts: readonly string[]): Privileges {
  return texts.reduce(addPrivilege, NO_PRIVILEGES);
}

function addPrivilege(granted: Privileges, text: string): Privileges {
  if (text === "network.host") return { ...granted, hasHostNetwork: true };
  if (text === "security.insecure") return { ...granted, isInsecure: true };
  if (text === "ssh") return { ...granted, hasSshAgent: true };
  if (text === "buildx.local.delete") return { ...granted, isLocalDeleteAllowed: true };
  const [key, value = ""] = cut(text, "=");
  switch (key) {
    case "device":
      return { ...granted, devices: addDevice(granted.devices, value) };
    case "fs":
      return { ...granted, reads: [...granted.reads, value], writes: [...granted.writes, value] };
    case "fs.read":
      return { ...granted, reads: [...granted.reads, value] };
    case "fs.write":
      return { ...granted, writes: [...granted.writes, value] };
    case "image":
    case "image.load":
    case "image.push":
      return granted; // Can be said, but nothing asks for it.
    case "buildx.local.delete":
      throw bakeProblem("bake_flag_invalid", "buildx.local.delete does not accept a value");
    default:
      throw bakeProblem("bake_flag_invalid", `unknown entitlement key ${goQuote(key)}`);
  }
}

/** Adds a device as it is written behind `device=`; nothing stands for all devices. */
export function addDevice(devices: Privileges["devices"], text: string): Privileges["devices"] {
  if (text === "" || devices === "all") return "all";
  const [name = ""] = readCsvFields(text);
  return new Set([...devices, name]);
}

/** Adds what the command line allows by naming it, and the working folder, which may always be read and written. */
export function withGrants(granted: Privileges, grants: OverrideGrants, workingFolder: string): Privileges {
  return {
    ...granted,
    hasHostNetwork: granted.hasHostNetwork || grants.entitlements.includes("network.host"),
    isInsecure: granted.isInsecure || grants.entitlements.includes("security.insecure"),
    reads: [...granted.reads, ...grants.reads, workingFolder],
    writes: [...granted.writes, ...grants.writes, workingFolder],
  };
}
