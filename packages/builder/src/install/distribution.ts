import { readFile } from "node:fs/promises";

/** A distribution that packages can be fetched for. */
export interface Distribution {
  readonly id: "debian" | "ubuntu";
  /** The name of its release, for instance `bookworm`. */
  readonly codename: string;
}

/** Which distribution this machine runs, when it is Debian or Ubuntu or descends from one: os-release(5). */
export async function detectDistribution(file = "/etc/os-release"): Promise<Distribution | undefined> {
  const fields = parseOsRelease(await readFile(file, "utf8").catch(() => ""));
  const family = [fields.get("ID"), ...(fields.get("ID_LIKE") ?? "").split(" ")];
  const id = family.includes("ubuntu") ? "ubuntu" : family.includes("debian") ? "debian" : undefined;
  if (!id) return undefined;
  const codename =
    fields.get(id === "ubuntu" ? "UBUNTU_CODENAME" : "DEBIAN_CODENAME") ?? fields.get("VERSION_CODENAME");
  // Debian's unstable has no codename of its own in os-release.
  return { id, codename: codename ?? "sid" };
}

function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const pairs = text.split("\n").flatMap((line) => {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    return key && value !== undefined ? [[key, value.replace(/^(["'])(.*)\1$/, "$2")] as const] : [];
  });
  return new Map(pairs);
}
