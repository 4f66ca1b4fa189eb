import {
  createAuth,
  createFileSend,
  createFileSync,
  createSecrets,
  createSsh,
  type ExportOutput,
  type SessionService,
} from "@opendepot/buildkit";
import type { BuildRequest } from "../build/build-request.ts";
import type { CliContext } from "../cli-context.ts";
import { dockerConfigFolder } from "../target/docker-config.ts";
import type { OutputTarget } from "../target/outputs.ts";

/** What the engine may call while it solves, in the part that stays the same if it solves again. */
export interface BuildServices {
  /** Everything that one solve needs. What receives its result is made anew, as it keeps what it has received. */
  forSolve(folders: Readonly<Record<string, string>>): readonly SessionService[];
}

/**
 * Prepares registry credentials, secrets and SSH, and checks that they can be had, before a server is asked for anything.
 *
 * @throws {Problem} those of `createSecrets` and `createSsh`
 */
export async function createBuildServices(request: BuildRequest, context: CliContext): Promise<BuildServices> {
  const { environment } = context;
  const auth = createAuth({
    configFolder: dockerConfigFolder(context),
    authConfig: environment["DOCKER_AUTH_CONFIG"],
    env: environment,
  });
  const shared = [auth];
  if (request.secrets.length > 0) shared.push(await createSecrets(request.secrets));
  if (request.ssh.length > 0) shared.push(await createSsh(request.ssh));
  return {
    forSolve: (folders) => {
      const synced = Object.fromEntries(Object.entries(folders).map(([name, path]) => [name, { path }]));
      const receiving = request.output ? [createFileSend([toExportOutput(request.output.target, context)])] : [];
      return [createFileSync(synced), ...shared, ...receiving];
    },
  };
}

function toExportOutput(target: OutputTarget, { terminal }: CliContext): ExportOutput {
  return target.kind === "stdout"
    ? { kind: "stream", stream: terminal.stdout }
    : { kind: target.kind, path: target.path };
}
