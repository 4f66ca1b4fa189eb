import { isIP } from "node:net";
import { invalidModel } from "./problems.ts";
import type { ComposeMapping, ComposeValue } from "./value.ts";

/**
 * Reads a port's short form, `ip:published:target/protocol` with ranges, into its long forms, as go-connections v0.7
 * does (`nat/nat.go`).
 *
 * @throws {Problem} `compose_invalid`
 */
export function portMappings(spec: string): ComposeMapping[] {
  const parts = spec.split(":");
  const container = parts.at(-1) ?? "";
  const hostPort = parts.at(-2) ?? "";
  const slash = container.indexOf("/");
  const port = slash < 0 ? container : container.slice(0, slash);
  if (port === "") throw invalidModel(`no port specified: ${spec}<empty>`);
  const protocol = ((slash < 0 ? "" : container.slice(slash + 1)) || "tcp").toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw invalidModel(`invalid proto: ${protocol}`);
  const ip = readAddress(parts.slice(0, -2).join(":"));
  const target = parseRange(port);
  if (target === undefined) throw invalidModel(`invalid containerPort: ${port}`);
  const published = hostPort === "" ? undefined : parseRange(hostPort);
  if (hostPort !== "" && published === undefined) throw invalidModel(`invalid hostPort: ${hostPort}`);
  const count = target.end - target.start + 1;
  if (published !== undefined && published.end - published.start + 1 !== count && count !== 1)
    throw invalidModel(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  return Array.from({ length: count }, (_, index) =>
    portMapping({ ip, protocol, target: target.start + index, published: publishedPort(published, { index, count }) }),
  );
}

interface PortRange {
  readonly start: number;
  readonly end: number;
}

function publishedPort(range: PortRange | undefined, { index, count }: { index: number; count: number }): string {
  if (range === undefined) return "";
  const start = String(range.start + index);
  return count === 1 && range.start !== range.end ? `${start}-${range.end}` : start;
}

function portMapping(port: { ip: string; protocol: string; target: number; published: string }): ComposeMapping {
  const mapping = new Map<string, ComposeValue>([
    ["mode", "ingress"],
    ["target", BigInt(port.target)],
    ["protocol", port.protocol],
  ]);
  if (port.ip !== "") mapping.set("host_ip", port.ip);
  if (port.published !== "") mapping.set("published", port.published);
  return mapping;
}

function readAddress(address: string): string {
  const bare = /^\[([^\]]*)\]$/.exec(address)?.[1] ?? address;
  if (bare !== "" && (isIP(bare) === 0 || bare.includes("%"))) throw invalidModel(`invalid IP address: ${bare}`);
  return bare;
}

function parseRange(text: string): PortRange | undefined {
  const dash = text.indexOf("-");
  const start = parsePort(dash < 0 ? text : text.slice(0, dash));
  if (start === undefined) return undefined;
  const end = dash < 0 ? start : parsePort(text.slice(dash + 1));
  return end === undefined || end < start ? undefined : { start, end };
}

function parsePort(text: string): number | undefined {
  if (!/^\+?[0-9]+$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}
