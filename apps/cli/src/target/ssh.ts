import { resolve } from "node:path";
import { Problem } from "@opendepot/base";
import type { SshAgent } from "@opendepot/buildflags";
import type { SshSource } from "@opendepot/buildkit";
import { type Environment, variable } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";

/** Where agents are looked up. */
export interface SshSurroundings {
  readonly environment: Environment;
  readonly cwd: string;
}

/**
 * Finds SSH agents and keys on this machine; one without paths is the running agent.
 *
 * @throws {Problem} `ssh_invalid`: no agent runs
 */
export function resolveSsh(agents: readonly SshAgent[], { environment, cwd }: SshSurroundings): SshSource[] {
  return agents.map(({ id, paths }) => {
    if (paths.length > 0) return { id, paths: paths.map((path) => resolve(cwd, path)) };
    const agent = variable(environment, "SSH_AUTH_SOCK");
    if (agent === undefined) throw agentMissing(id);
    return { id, paths: [agent] };
  });
}

function agentMissing(id: string): Problem<CliProblemCode> {
  return new Problem("ssh_invalid", `--ssh ${id}: no SSH agent, SSH_AUTH_SOCK is not set`, {
    hint: `start one with eval "$(ssh-agent)" and ssh-add, or name a key: --ssh ${id}=PATH`,
  });
}
