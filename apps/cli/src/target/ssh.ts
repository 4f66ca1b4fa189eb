import { resolve } from "node:path";
import { Problem } from "@opendepot/base";
import type { SshSource } from "@opendepot/buildkit";
import { type Environment, variable } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";

/** Where `--ssh` values are looked up. */
export interface SshSurroundings {
  readonly environment: Environment;
  readonly cwd: string;
}

/**
 * Reads `--ssh default|<id>[=<socket>|<key>[,<key>]]` (buildx `ParseSSHSpecs`); later ones replace earlier ones of the
 * same id, and one without paths means the running agent.
 *
 * @throws {Problem} `ssh_invalid`
 */
export function parseSsh(values: readonly string[], surroundings: SshSurroundings): SshSource[] {
  const sources = values.filter((value) => value !== "").map((value) => parseSource(value, surroundings));
  return [...new Map(sources.map((source) => [source.id, source])).values()];
}

function parseSource(text: string, { environment, cwd }: SshSurroundings): SshSource {
  const equals = text.indexOf("=");
  const id = (equals < 0 ? text : text.slice(0, equals)) || "default";
  const paths =
    equals < 0
      ? []
      : text
          .slice(equals + 1)
          .split(",")
          .filter((path) => path !== "");
  if (paths.length > 0) return { id, paths: paths.map((path) => resolve(cwd, path)) };
  const agent = variable(environment, "SSH_AUTH_SOCK");
  if (agent === undefined) throw agentMissing(id);
  return { id, paths: [agent] };
}

function agentMissing(id: string): Problem<CliProblemCode> {
  return new Problem("ssh_invalid", `--ssh ${id}: no SSH agent, SSH_AUTH_SOCK is not set`, {
    hint: `start one with eval "$(ssh-agent)" and ssh-add, or name a key: --ssh ${id}=PATH`,
  });
}
