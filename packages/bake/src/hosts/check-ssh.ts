import { goQuote, type SshAgent } from "@opendepot/buildflags";
import { bakeProblem } from "../problems.ts";
import { describeFault, type HostChecks, isFault } from "./host-checks.ts";

/**
 * Checks that agents and keys are there: BuildKit session/sshforward/sshprovider `NewSSHAgentProvider`.
 *
 * @throws {Problem} `bake_host_unfit`, `bake_target_invalid`
 */
export async function checkSshAgents(agents: readonly SshAgent[], checks: HostChecks): Promise<void> {
  const seen = new Set<string>();
  for (const { id: written, paths } of agents) {
    const id = written || "default";
    if (seen.has(id)) throw bakeProblem("bake_target_invalid", `duplicate agent ID ${goQuote(id)}`);
    seen.add(id);
    const fault = await agentFault({ id, paths }, checks);
    if (fault === undefined) continue;
    const message = `failed to convert agent config {${id} [${paths.join(" ")}] false}: ${fault}`;
    throw bakeProblem("bake_host_unfit", message, { hint: "start an agent with ssh-agent, or name a key" });
  }
}

async function agentFault({ id, paths }: SshAgent, checks: HostChecks): Promise<string | undefined> {
  const isUnset = paths.length === 0 || (paths.length === 1 && paths[0] === "");
  const used = isUnset ? [checks.variable("SSH_AUTH_SOCK") ?? ""] : paths;
  if (used[0] === "") return "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set";
  const fault = await pathsFault(used, checks);
  return fault && `failed to convert agent config for ID: ${goQuote(id)}: ${fault}`;
}

async function pathsFault(paths: readonly string[], checks: HostChecks): Promise<string | undefined> {
  let [hasSocket, hasKeys] = [false, false];
  for (const path of paths) {
    if (hasSocket) return "only single socket allowed";
    const found = await checks.stat(path);
    if (isFault(found)) return `stat ${path}: ${describeFault(found)}`;
    if (found.kind === "socket") hasSocket = true;
    else {
      const fault = await checks.privateKeyFault(path);
      if (fault !== undefined) return fault;
      hasKeys = true;
    }
  }
  return hasSocket && hasKeys ? "invalid combination of keys and sockets" : undefined;
}
