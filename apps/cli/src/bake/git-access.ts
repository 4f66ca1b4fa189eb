import type { SecretSource, SshAgent } from "@opendepot/buildflags";
import { createSecrets, createSsh, type SessionService } from "@opendepot/buildkit";
import type { CliContext, Environment } from "../cli-context.ts";
import { isGitOverSsh } from "../target/remote-url.ts";
import { resolveSecrets } from "../target/secrets.ts";
import { resolveSsh } from "../target/ssh.ts";
import { gitHostOf } from "./git-source.ts";

/** Secrets under which BuildKit looks for who asks a git host, by the variables that hold them. */
const SECRETS = { GIT_AUTH_TOKEN: "BUILDX_BAKE_GIT_AUTH_TOKEN", GIT_AUTH_HEADER: "BUILDX_BAKE_GIT_AUTH_HEADER" };

/** The secrets of the environment for the host of a repository: buildx v0.36 bake/gitauth.go. */
export function gitSecretsOf(address: string, environment: Environment): SecretSource[] {
  const host = gitHostOf(address);
  if (host === undefined) return [];
  return Object.entries(SECRETS).flatMap(([id, variable]) => {
    const name = Object.keys(environment).find((key) => key.toUpperCase() === variable);
    return name === undefined ? [] : [{ id: `${id}.${host}`, src: "", env: name }];
  });
}

/** Those that a context of a remote definition may use: of its own host only. */
export function gitSecretsForContext(context: string, remote: string, environment: Environment): SecretSource[] {
  const host = gitHostOf(remote)?.toLowerCase();
  return host !== undefined && gitHostOf(context)?.toLowerCase() === host ? gitSecretsOf(remote, environment) : [];
}

/** The agents of a target, with the person's own where a repository is reached over SSH. */
export function agentsFor(agents: readonly SshAgent[], context: string, remote: string | undefined): SshAgent[] {
  const isForced = remote !== undefined && isGitOverSsh(remote);
  const isWanted = isForced || (agents.length === 0 && isGitOverSsh(context));
  return isWanted ? [{ id: "default", paths: [] }] : [...agents];
}

/** What the session serves that reads a definition from a repository; agents that cannot be had are left out. */
export async function gitServices(
  address: string,
  { environment, cwd }: Pick<CliContext, "environment" | "cwd">,
): Promise<SessionService[]> {
  const services: SessionService[] = [];
  const specs = gitSecretsOf(address, environment).map(({ id, env }) => ({ id, path: undefined, env }));
  if (specs.length > 0) services.push(await createSecrets(await resolveSecrets(specs, { environment, cwd })));
  const paths = (environment["BUILDX_BAKE_GIT_SSH"] ?? "").split(",").filter((path) => path !== "");
  try {
    services.push(await createSsh(resolveSsh([{ id: "default", paths }], { environment, cwd })));
  } catch {
    // Only a repository over SSH needs it, and BuildKit says so then.
  }
  return services;
}
