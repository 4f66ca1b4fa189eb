import { createAuth, createSecrets, createSsh, type SessionService } from "@opendepot/buildkit";
import type { CliContext } from "../cli-context.ts";
import { dockerConfigFolder } from "../target/docker-config.ts";
import type { Target } from "../target/target.ts";

/**
 * Prepares registry credentials, secrets and SSH, and checks that they can be had, before a server is asked for
 * anything. They serve all solves of the target.
 *
 * @throws {Problem} those of `createSecrets` and `createSsh`
 */
export async function createTargetServices(
  target: Target,
  context: Pick<CliContext, "environment" | "home" | "cwd">,
): Promise<readonly SessionService[]> {
  const { environment } = context;
  const auth = createAuth({
    configFolder: dockerConfigFolder(context),
    authConfig: environment["DOCKER_AUTH_CONFIG"],
    env: environment,
  });
  const services = [auth];
  if (target.secrets.length > 0) services.push(await createSecrets(target.secrets));
  if (target.ssh.length > 0) services.push(await createSsh(target.ssh));
  return services;
}
