import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { parseIpv4, parseRoutes, type Subnet } from "./subnet.ts";

/** The IPv4 networks that this machine has addresses in or routes to, and its name servers. */
export async function takenSubnets(): Promise<readonly Subnet[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = addresses.flatMap(({ cidr }) => {
    const [address, prefix] = (cidr ?? "").split("/");
    const base = parseIpv4(address ?? "");
    return base === undefined ? [] : [{ base, prefix: Number(prefix) }];
  });
  const routes = parseRoutes(await readFile("/proc/net/route", "utf8").catch(() => ""));
  const resolver = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  const servers = [...resolver.matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(([, address]) => {
    const base = parseIpv4(address ?? "");
    return base === undefined ? [] : [{ base, prefix: 32 }];
  });
  return [...own, ...routes, ...servers];
}
