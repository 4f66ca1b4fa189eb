/** An IPv4 network. */
export interface Subnet {
  /** Its first address as a number. */
  readonly base: number;
  /** Length of its prefix, 0 to 32. */
  readonly prefix: number;
}

const POOL: Subnet = { base: 0x0ac80000, prefix: 13 }; // 10.200.0.0 to 10.207.255.255
const SIZE_PREFIX = 24;
const SIZE = 2 ** (32 - SIZE_PREFIX);

/**
 * Picks a /24 for an engine out of 10.200.0.0/13 that overlaps none of `taken`, always the same one for the same
 * `name` as long as that is free; undefined when all are taken.
 */
export function chooseSubnet(name: string, taken: readonly Subnet[]): Subnet | undefined {
  const count = 2 ** (SIZE_PREFIX - POOL.prefix);
  const first = Number.parseInt(name.replace(/[^0-9a-f]/g, "").slice(-6) || "0", 16);
  for (let step = 0; step < count; step++) {
    const candidate = { base: POOL.base + ((first + step) % count) * SIZE, prefix: SIZE_PREFIX };
    if (!taken.some((other) => overlaps(candidate, other))) return candidate;
  }
  return undefined;
}

/** The subnet's CIDR notation: `10.201.7.0/24`. */
export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.base)}/${subnet.prefix}`;
}

/** The subnet's first usable address. */
export function gatewayOf(subnet: Subnet): string {
  return formatIpv4(subnet.base + 1);
}

/** Reads a dotted address; undefined when it is none. */
export function parseIpv4(text: string): number | undefined {
  const bytes = text.split(".").map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (bytes.length !== 4 || bytes.some((byte) => !(byte <= 255))) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/**
 * The destinations in `/proc/net/route`, whose addresses are hexadecimal in the machine's (little-endian) byte order.
 * The default route is left out, since everything overlaps it.
 */
export function parseRoutes(table: string): readonly Subnet[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .flatMap((fields) => {
      const [destination, mask] = [fields[1], fields[7]];
      if (!destination || !mask) return [];
      const prefix = swapBytes(Number.parseInt(mask, 16)).toString(2).replaceAll("0", "").length;
      return prefix === 0 ? [] : [{ base: swapBytes(Number.parseInt(destination, 16)), prefix }];
    });
}

function overlaps(one: Subnet, other: Subnet): boolean {
  const prefix = Math.min(one.prefix, other.prefix);
  return maskOf(one.base, prefix) === maskOf(other.base, prefix);
}

/** Bitwise operators of JavaScript are signed; division is not. */
function maskOf(address: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(address / size) * size;
}

function swapBytes(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
