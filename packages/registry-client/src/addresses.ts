import { BlockList, isIP } from "node:net";

/** What an address is, to whoever is sent to a registry by somebody else. */
export type AddressKind =
  /** On the public Internet. */
  | "public"
  /** Of this machine, of a network of its own, or one that stands for such: IANA's special-purpose registries. */
  | "inside"
  /** Nobody's registry, whatever is allowed: of this network segment (metadata services of clouds), of many, of none. */
  | "never";

const NEVER = blockList({
  ipv4: ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"],
  ipv6: ["::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128"],
});

const INSIDE = blockList({
  ipv4: [
    ...["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ],
  ipv6: [
    ...["::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7"],
  ],
});

/** What an address is. An IPv4 address in IPv6's clothes is looked at as what it is: BlockList does so by itself. */
export function kindOfAddress(address: string): AddressKind {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || NEVER.check(address, family)) return "never";
  return INSIDE.check(address, family) ? "inside" : "public";
}

function blockList(ranges: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] }): BlockList {
  const list = new BlockList();
  for (const family of ["ipv4", "ipv6"] as const) {
    for (const range of ranges[family]) {
      const [net = "", bits] = range.split("/");
      list.addSubnet(net, Number(bits), family);
    }
  }
  return list;
}
