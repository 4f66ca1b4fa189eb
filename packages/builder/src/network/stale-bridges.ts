import { readdir, readFile } from "node:fs/promises";
import { readProcess } from "../host/process-table.ts";
import { BRIDGE_PREFIX } from "./firewall.ts";

const INTERFACES = "/sys/class/net";

/** The mark of this process, for the alias of its bridges: names one process for good. */
export async function ownerMark(): Promise<string> {
  return `opendepot ${process.pid} ${(await readProcess(process.pid))?.startTicks ?? "0"}`;
}

/**
 * Names of bridges whose owner has gone, for instance because it was killed and its data folder deleted:
 * nobody else would ever take them away.
 */
export async function staleBridges(): Promise<readonly string[]> {
  const names = (await readdir(INTERFACES)).filter((name) => name.startsWith(BRIDGE_PREFIX));
  const stale = await Promise.all(names.map(async (name) => ((await isStale(name)) ? [name] : [])));
  return stale.flat();
}

async function isStale(bridge: string): Promise<boolean> {
  const alias = await readFile(`${INTERFACES}/${bridge}/ifalias`, "utf8").catch(() => "");
  const [, pid, startTicks] = /^opendepot (\d+) (\d+)$/.exec(alias.trim()) ?? [];
  // Without our mark it is somebody else's, whatever its name.
  if (pid === undefined) return false;
  return (await readProcess(Number(pid)))?.startTicks !== startTicks;
}
