import { readFile, writeFile } from "node:fs/promises";
import { runCommand } from "../host/command.ts";
import { findExecutable } from "../host/executable.ts";

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const WAIT_SECONDS = "20";

/** Bridges of engines have names that start so; steps of one engine never reach those of another. */
export const BRIDGE_PREFIX = "od-";

/** What rules are made for. */
export interface FirewallOptions {
  readonly bridge: string;
  /** In CIDR notation. */
  readonly subnet: string;
  /** The value of PATH, for iptables. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Lets what is behind `bridge` out into the world under the machine's address, and only answers back in.
 *
 * The engine is told to keep its hands off the rules, since every Docker Engine that starts on a machine empties and
 * refills chains that all of them share, the user's own among them.
 *
 * @throws {Problem} `host_command_failed`
 */
export async function allowOutbound(options: FirewallOptions): Promise<void> {
  const { bridge, subnet } = options;
  const rules = [
    "*nat",
    `-A POSTROUTING -s ${subnet} ! -o ${bridge} -j MASQUERADE`,
    "COMMIT",
    "*filter",
    // Inserted one before the other: the last is the first to be asked.
    `-I FORWARD -o ${bridge} -j DROP`,
    `-I FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-I FORWARD -i ${bridge} -j ACCEPT`,
    `-I FORWARD -i ${bridge} -o ${BRIDGE_PREFIX}+ -j DROP`,
    `-I FORWARD -i ${bridge} -o ${bridge} -j ACCEPT`,
    "COMMIT",
    "",
  ];
  const iptables = await findIptables(options);
  await enableForwarding(iptables, options);
  await runCommand(`${iptables}-restore`, ["-w", WAIT_SECONDS, "--noflush"], {
    env: { PATH: options.path },
    signal: options.signal,
    input: rules.join("\n"),
  });
}

/**
 * Takes away all rules that name `bridge`; without an iptables that works here there are none.
 *
 * @throws {Problem} `host_command_failed`
 */
export async function removeRules(options: Omit<FirewallOptions, "subnet">): Promise<void> {
  const run = { env: { PATH: options.path }, signal: options.signal };
  const iptables = await findIptables(options).catch(() => undefined);
  options.signal.throwIfAborted();
  if (!iptables) return;
  for (const [table, chain] of [
    ["nat", "POSTROUTING"],
    ["filter", "FORWARD"],
  ] as const) {
    const listing = await runCommand(iptables, ["-w", WAIT_SECONDS, "-t", table, "-S", chain], run);
    for (const rule of listing.split("\n").map((line) => line.trim().split(" "))) {
      if (rule[0] !== "-A" || !rule.includes(options.bridge)) continue;
      await runCommand(iptables, ["-w", WAIT_SECONDS, "-t", table, "-D", ...rule.slice(1)], run);
    }
  }
}

/** The iptables that this kernel understands: the machine's usual one, or its older form. */
async function findIptables(options: Pick<FirewallOptions, "path" | "signal">): Promise<string> {
  const probe = ["-w", WAIT_SECONDS, "-t", "nat", "-S", "POSTROUTING"];
  try {
    await runCommand("iptables", probe, { env: { PATH: options.path }, signal: options.signal });
    return "iptables";
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(await findExecutable("iptables-legacy", options.path))) throw error;
    await runCommand("iptables-legacy", probe, { env: { PATH: options.path }, signal: options.signal });
    return "iptables-legacy";
  }
}

/** A machine that starts to forward packets because of us must not become a router for everybody else. */
async function enableForwarding(iptables: string, options: FirewallOptions): Promise<void> {
  if ((await readFile(FORWARDING, "utf8")).trim() !== "0") return;
  await runCommand(iptables, ["-w", WAIT_SECONDS, "-P", "FORWARD", "DROP"], {
    env: { PATH: options.path },
    signal: options.signal,
  });
  await writeFile(FORWARDING, "1");
}
