import { isIP } from "node:net";
import { invalidModel } from "./problems.ts";

/**
 * Checks a port's short form, `ip:published:target/protocol` with ranges, as go-connections v0.7 does (`nat/nat.go`), and
 * tells its first target. Ports do not matter to builds, so a range is not written out.
 *
 * @throws {Problem} `compose_invalid`
 */
export function readTargetPort(spec: string): number {
  const parts = spec.split(":");
  const container = parts.at(-1) ?? "";
  const hostPort = parts.at(-2) ?? "";
  const slash = container.indexOf("/");
  const port = slash < 0 ? container : container.slice(0, slash);
  if (port === "") throw invalidModel(`no port specified: ${spec}<empty>`);
  const protocol = ((slash < 0 ? "" : container.slice(slash + 1)) || "tcp").toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw invalidModel(`invalid proto: ${protocol}`);
  checkAddress(parts.slice(0, -2).join(":"));
  const target = parseRange(port);
  if (target === undefined) throw invalidModel(`invalid containerPort: ${port}`);
  if (hostPort === "") return target.start;
  const published = parseRange(hostPort);
  if (published === undefined) throw invalidModel(`invalid hostPort: ${hostPort}`);
  const count = target.end - target.start;
  if (published.end - published.start !== count && count !== 0)
    throw invalidModel(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  return target.start;
}

interface PortRange {
  readonly start: number;
  readonly end: number;
}

function checkAddress(address: string): void {
  const bare = /^\[([^\]]*)\]$/.exec(address)?.[1] ?? address;
  if (bare !== "" && (isIP(bare) === 0 || bare.includes("%"))) throw invalidModel(`invalid IP address: ${bare}`);
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
