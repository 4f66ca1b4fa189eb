import { resolve } from "node:path";
import { isProblem, messageOf, Problem, statAtOnce as stat, systemCodeOf } from "@opendepot/base";
import type { SecretSpec } from "@opendepot/buildflags";
import type { SecretSource } from "@opendepot/buildkit";
import type { Environment } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";

/** The most that the engine takes as one secret, in bytes: BuildKit session/secrets `MaxSecretSize`. */
const MAX_SECRET_BYTES = 500 * 1024;

/**
 * Finds the secrets on this machine. A bare id is an environment variable of that name, or else a file of that name.
 *
 * @throws {Problem} `secret_invalid`: the file is missing, unreadable or too big, or the variable is not set
 */
export async function resolveSecrets(
  specs: readonly SecretSpec[],
  { environment, cwd }: { readonly environment: Environment; readonly cwd: string },
): Promise<SecretSource[]> {
  return await Promise.all(specs.map((spec) => resolveSecret(spec, environment, cwd)));
}

async function resolveSecret(spec: SecretSpec, environment: Environment, cwd: string): Promise<SecretSource> {
  const isBare = spec.path === undefined && spec.env === undefined;
  const name = spec.env ?? (isBare && environment[spec.id] !== undefined ? spec.id : undefined);
  if (name !== undefined) {
    const value = environment[name];
    if (value === undefined)
      throw secretInvalid(
        `secret ${spec.id}: the environment variable ${name} is not set`,
        "set it, or take the secret from a file with src=PATH",
      );
    return { id: spec.id, kind: "env", name, value };
  }
  const path = resolve(cwd, spec.path ?? spec.id);
  await checkFile(spec.id, path, isBare);
  return { id: spec.id, kind: "file", path };
}

async function checkFile(id: string, path: string, isBare: boolean): Promise<void> {
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) throw secretInvalid(`secret ${id}: ${path} is a folder`, "name a file with src=PATH");
    if (entry.size > MAX_SECRET_BYTES) {
      throw secretInvalid(
        `secret ${id}: ${path} is larger than 500 KiB`,
        "pass large files through the context instead",
      );
    }
  } catch (cause) {
    if (isProblem(cause)) throw cause;
    const why = systemCodeOf(cause) === "ENOENT" ? `the file ${path} does not exist` : messageOf(cause);
    const hint = isBare
      ? `set the environment variable ${id}, or name a file with --secret id=${id},src=PATH`
      : "check the path behind src=";
    throw secretInvalid(`secret ${id}: ${why}`, hint, cause);
  }
}

function secretInvalid(message: string, hint: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("secret_invalid", message, { hint, cause });
}
