import { BlockList, isIP } from "node:net";

/** Where the server may send saved images by itself. */
export type PushTargets =
  | { readonly kind: "any" }
  | {
      readonly kind: "listed";
      /** Whether addresses of the public Internet are among them. */
      readonly isPublicAllowed: boolean;
      /** `host` for each of its ports, or `host:port`. */
      readonly hosts: ReadonlySet<string>;
    };

/** Addresses that are nobody's registry, whatever is allowed: of this network segment, of many, and of none. */
const NEVER = blockList({
  ipv4: ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"],
  ipv6: ["::/128", "fe80::/10", "ff00::/8"],
});

/** Addresses that are not on the public Internet, or stand for some that are not: IANA's special-purpose registries. */
const NOT_PUBLIC = blockList({
  ipv4: [
    ...["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ],
  ipv6: [
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
  ],
});

function blockList(ranges: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }): BlockList {
  const list = new BlockList();
  for (const kind of ["ipv4", "ipv6"] as const) {
    for (const range of ranges[kind]) {
      const [net = "", bits] = range.split("/");
      list.addSubnet(net, Number(bits), kind);
    }
  }
  return list;
}

/**
 * Whether the server may connect to `host`, which has its port, at `address`. An IPv6 address that holds an IPv4 one is
 * as good as that.
 */
export function mayPushTo(targets: PushTargets, host: string, address: string): boolean {
  const kind = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || NEVER.check(address, kind)) return false;
  if (targets.kind === "any") return true;
  const name = host.replace(/:\d+$/, "");
  if (targets.hosts.has(host) || targets.hosts.has(name)) return true;
  return targets.isPublicAllowed && !NOT_PUBLIC.check(address, kind);
}
