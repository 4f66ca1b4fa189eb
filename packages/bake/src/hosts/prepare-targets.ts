import {
  checkResource,
  isNumericResource,
  readAnnotations,
  readPlatforms,
  readSize,
  readUlimit,
  type SecretSource,
  type SshAgent,
} from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { isGitOverSsh, isRemoteUrl } from "../text/remote-urls.ts";
import { checkOutputs } from "./check-outputs.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkSshAgents } from "./check-ssh.ts";
import type { HostChecks } from "./host-checks.ts";
import { type RemoteInput, resolveContext } from "./resolve-context.ts";

/**
 * Checks targets against this machine, and settles their contexts and destinations: buildx v0.36 bake
 * `TargetsToBuildOpt`, which runs before anything is printed.
 *
 * @throws {Problem} `bake_host_unfit`, `bake_target_invalid`, `build_flag_invalid`
 */
export async function prepareTargets(
  targets: ReadonlyMap<string, Target>,
  checks: HostChecks,
  remote?: RemoteInput,
): Promise<Map<string, Target>> {
  const prepared = new Map<string, Target>();
  for (const [name, target] of targets) prepared.set(name, await prepareTarget(target, checks, remote));
  return prepared;
}

async function prepareTarget(target: Target, checks: HostChecks, remote: RemoteInput | undefined): Promise<Target> {
  const context = await resolveContext(target, checks, remote);
  checkShmSize(target["shm-size"]);
  readPlatforms(target.platforms ?? [], checks.host);
  await checkSecrets([...(target.secret ?? []), ...gitSecrets(context, remote)], checks);
  await checkSshAgents(agentsOf(target, context, remote), checks);
  const output = await checkOutputs(target.output, checks);
  readAnnotations(target.annotations ?? [], checks.host);
  for (const limit of target.ulimits ?? []) readUlimit(limit);
  for (const [name, value] of target.resources ?? []) if (!isNumericResource(name)) checkResource(name, String(value));
  return { ...target, context, output };
}

function checkShmSize(size: string | undefined): void {
  if (size === undefined) return;
  try {
    readSize(size);
  } catch (cause) {
    throw bakeProblem("bake_target_invalid", `invalid value ${size} for membytes key shm-size`, { cause });
  }
}

function gitSecrets(context: string, remote: RemoteInput | undefined): readonly SecretSource[] {
  return remote !== undefined && isRemoteUrl(remote.url) && isRemoteUrl(context) ? (remote.secrets ?? []) : [];
}

function agentsOf(target: Target, context: string, remote: RemoteInput | undefined): readonly SshAgent[] {
  const own = target.ssh ?? [];
  const isForced = remote !== undefined && isGitOverSsh(remote.url);
  return isForced || (own.length === 0 && isGitOverSsh(context)) ? [{ id: "default", paths: [] }] : own;
}
