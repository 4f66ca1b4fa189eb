import { access } from "node:fs/promises";
import { messageOf } from "@opendepot/base";
import { runCommand } from "../host/command.ts";
import { holdHostLock } from "../host/host-lock.ts";
import { engineStartFailed } from "../problems.ts";
import { allowOutbound, BRIDGE_PREFIX, removeRules } from "./firewall.ts";
import { ownerMark, staleBridges } from "./stale-bridges.ts";
import { chooseSubnet, formatSubnet, gatewayOf } from "./subnet.ts";
import { takenSubnets } from "./taken-subnets.ts";

/** Choosing a free subnet and taking it is one step for all engines of a machine. */
const LOCK_FILE = "/run/opendepot/network.lock";
const REMOVE_MS = 30_000;

/** What a bridge is made for. */
export interface BridgeOptions {
  /** A short name that the engine keeps, hexadecimal: at most 12 characters. */
  readonly name: string;
  /** The value of PATH, for `ip`, `iptables` and `flock`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/** A network bridge for the steps of one engine. */
export interface Bridge {
  /** The name of the interface. */
  readonly name: string;
  /** In CIDR notation. */
  readonly subnet: string;
  /** The machine's own address on it. */
  readonly gateway: string;
  /** Why steps reach no further than this machine, when that is so. */
  readonly warning: string | undefined;
  /** Takes the bridge and its rules away. */
  remove(): Promise<void>;
}

/**
 * Makes a bridge for an engine, with a subnet that collides with nothing this machine knows.
 * A bridge that an earlier process left under the same name must have been taken away: `removeLeftoverBridge`.
 *
 * @throws {Problem} `engine_start_failed` when it cannot be made
 */
export async function makeBridge(options: BridgeOptions): Promise<Bridge> {
  const name = `${BRIDGE_PREFIX}${options.name}`;
  try {
    await using _lock = await holdHostLock({ ...options, file: LOCK_FILE });
    for (const stale of await staleBridges()) await removeBridge(stale, options);
    const subnet = chooseSubnet(options.name, await takenSubnets());
    if (!subnet) throw new Error("all subnets for engines are taken");
    const [cidr, gateway] = [formatSubnet(subnet), gatewayOf(subnet)];
    const steps = [
      `link add name ${name} type bridge`,
      `link set dev ${name} alias "${await ownerMark()}"`,
      `address add ${gateway}/${subnet.prefix} dev ${name}`,
      `link set dev ${name} up`,
    ];
    await ip(["-batch", "-"], options, `${steps.join("\n")}\n`);
    const warning = await tryOutbound(name, cidr, options);
    const remove = (): Promise<void> => {
      return removeBridge(name, { path: options.path, signal: AbortSignal.timeout(REMOVE_MS) });
    };
    return { name, subnet: cidr, gateway, warning, remove };
  } catch (cause) {
    options.signal.throwIfAborted();
    throw engineStartFailed(`no network for its steps: ${messageOf(cause)}`, { cause });
  }
}

async function tryOutbound(bridge: string, subnet: string, options: BridgeOptions): Promise<string | undefined> {
  try {
    await allowOutbound({ bridge, subnet, path: options.path, signal: options.signal });
    return undefined;
  } catch (error) {
    options.signal.throwIfAborted();
    return `RUN steps reach no network beyond this machine: ${messageOf(error)}`;
  }
}

/** Takes away the bridge that an earlier process made under this name; succeeds when there is none. */
export async function removeLeftoverBridge(options: BridgeOptions): Promise<void> {
  const name = `${BRIDGE_PREFIX}${options.name}`;
  if (await exists(name)) await removeBridge(name, options);
}

async function removeBridge(name: string, options: Pick<BridgeOptions, "path" | "signal">): Promise<void> {
  if (!(await exists(name))) return;
  await removeRules({ ...options, bridge: name });
  await ip(["link", "delete", "dev", name], options);
}

async function exists(name: string): Promise<boolean> {
  return access(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );
}

async function ip(args: readonly string[], options: Pick<BridgeOptions, "path" | "signal">, input = ""): Promise<void> {
  await runCommand("ip", args, { env: { PATH: options.path }, signal: options.signal, input });
}
