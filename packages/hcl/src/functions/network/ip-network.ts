import { FunctionError } from "../core/function.ts";

/** An IP network: an address with the host's bits clear, and the length of its prefix. */
export interface IpNetwork {
  readonly address: bigint;
  readonly prefix: number;
  /** Of an address: 32 or 128. */
  readonly bits: number;
}

/** Reads a network as Go's `net.ParseCIDR` does: `10.0.0.1/8` is `10.0.0.0/8`. @throws {FunctionError} */
export function parseNetwork(text: string): IpNetwork {
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(0, slash));
  const address = host.includes(":") ? parseIpv6(host) : parseIpv4(host);
  const bits = host.includes(":") ? 128 : 32;
  const digits = text.slice(slash + 1);
  const prefix = /^\d{1,6}$/.test(digits) ? Number(digits) : bits + 1;
  if (slash < 0 || address === undefined || prefix > bits) {
    throw new FunctionError(`invalid CIDR expression: invalid CIDR address: ${text}`);
  }
  return networkOf(address, prefix, bits);
}

/** The network of so long a prefix that an address is in. */
export function networkOf(address: bigint, prefix: number, bits: number): IpNetwork {
  return { address: address & maskOf(prefix, bits), prefix, bits };
}

/** An address with the bits of a prefix set. */
export function maskOf(prefix: number, bits: number): bigint {
  const all = (1n << BigInt(bits)) - 1n;
  return all ^ (all >> BigInt(Math.max(0, prefix)));
}

/** The last address of a network. */
export function lastAddress({ address, prefix, bits }: IpNetwork): bigint {
  return address | (maskOf(bits, bits) ^ maskOf(prefix, bits));
}

/** `address/prefix`. */
export function networkText(network: IpNetwork): string {
  return `${addressText(network.address, network.bits)}/${network.prefix}`;
}

/** Writes an address as Go's `net.IP` does. */
export function addressText(address: bigint, bits: number): string {
  if (bits === 32 || address >> 32n === 0xffffn) return octets(address).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - at * 16)) & 0xffffn).toString(16));
  return compressed(groups);
}

function octets(address: bigint): readonly bigint[] {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn);
}

// RFC 5952: the first longest run of at least two zeros becomes "::".
function compressed(groups: readonly string[]): string {
  let [start, length] = [0, 0];
  for (let at = 0; at < groups.length; at++) {
    let end = at;
    while (groups[end] === "0") end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  const isValid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isValid ? parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return groups.reduce((address, group) => (address << 16n) | group, 0n);
}

function parseGroups(text: string): readonly bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    const embedded = at === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (embedded !== undefined) groups.push(embedded >> 16n, embedded & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}
