import type { SecretSource } from "@opendepot/buildflags";
import { bakeProblem } from "../problems.ts";
import { describeFault, type HostChecks, isFault } from "./host-checks.ts";

/** The most that the engine takes as one secret, in bytes: BuildKit session/secrets `MaxSecretSize`. */
const MAX_SECRET_BYTES = 500 * 1024;

/**
 * Checks that the files of secrets are there: BuildKit session/secrets/secretsprovider `NewStore`. A secret without a
 * source is the variable of its name, or else the file of its name.
 *
 * @throws {Problem} `bake_host_unfit`, `bake_target_invalid`
 */
export async function checkSecrets(secrets: readonly SecretSource[], checks: HostChecks): Promise<void> {
  for (const { id, src, env } of secrets) {
    if (id === "") throw bakeProblem("bake_target_invalid", "secret missing ID");
    const isBare = src === "" && env === "";
    const path = isBare && checks.variable(id) === undefined ? id : src;
    if (path !== "") await checkFile(id, path, checks);
  }
}

async function checkFile(id: string, path: string, checks: HostChecks): Promise<void> {
  const found = await checks.stat(path);
  if (isFault(found)) {
    const message = `failed to stat ${path}: stat ${path}: ${describeFault(found)}`;
    throw bakeProblem("bake_host_unfit", message, { hint: `check where the secret ${id} comes from` });
  }
  if (found.size > MAX_SECRET_BYTES) throw bakeProblem("bake_host_unfit", `secret ${id} too big. max size 500KiB`);
}
