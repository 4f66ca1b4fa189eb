import { type ResourceName, type Resources, readSize } from "@opendepot/buildflags";

/** What the Dockerfile frontend calls each limit: BuildKit frontend/dockerui/config.go. */
const ATTRIBUTES: Readonly<Record<ResourceName, string>> = {
  memory: "memory",
  "memory-swap": "memswap",
  "cpu-shares": "cpushares",
  "cpu-period": "cpuperiod",
  "cpu-quota": "cpuquota",
  "cpuset-cpus": "cpusetcpus",
  "cpuset-mems": "cpusetmems",
};

const SIZES: readonly ResourceName[] = ["memory", "memory-swap"];

/** The frontend's attributes for limits on each step; sizes become bytes, and a zero is no limit. */
export function resourceAttributes(resources: Resources): Record<string, string> {
  const entries = [...resources].map(([name, value]): [string, string] => [ATTRIBUTES[name], toAttribute(name, value)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== "" && value !== "0"));
}

function toAttribute(name: ResourceName, value: string | bigint): string {
  return SIZES.includes(name) && value !== "-1" ? String(readSize(String(value))) : String(value);
}
