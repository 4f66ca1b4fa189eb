import { keepLastOfKey } from "../remove-repeats.ts";
import { readSshAgents, type SshAgent } from "../ssh-agents.ts";

/**
 * Reads `--ssh default|<id>[=<socket>|<key>[,<key>]]` (buildx `ParseSSHSpecs`); later ones replace earlier ones of the
 * same id. One without paths means the running agent, which the caller finds; paths are as they were written.
 */
export function parseSsh(values: readonly string[]): SshAgent[] {
  const agents = readSshAgents(values).map(({ id, paths }) => ({
    id: id || "default",
    paths: paths.filter((path) => path !== ""),
  }));
  return keepLastOfKey(agents, ({ id }) => id);
}
