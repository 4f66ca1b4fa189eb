import { Secret } from "@opendepot/base";
import { type Environment, variable } from "../cli-context.ts";
import { tokenMissing } from "../problems.ts";
import type { StoredSettings } from "./config-file.ts";

/** Where a token may come from. */
export interface TokenSources {
  /** `--token` */
  readonly flag?: string | undefined;
  readonly environment: Environment;
  readonly stored: StoredSettings;
}

/**
 * The token to show to the server, in the hosted product's order: `--token`, `DEPOT_TOKEN`, `DEPOT_API_TOKEN` or the
 * stored one, `DEPOT_JIT_TOKEN`, `DEPOT_CACHE_TOKEN`.
 *
 * @throws {Problem} `token_missing`
 */
export function resolveToken(sources: TokenSources): Secret {
  const token = findToken(sources);
  if (!token) throw tokenMissing();
  return token;
}

/** Like {@link resolveToken}, undefined when there is none. */
export function findToken({ flag, environment, stored }: TokenSources): Secret | undefined {
  const text =
    (flag || undefined) ??
    variable(environment, "DEPOT_TOKEN") ??
    variable(environment, "DEPOT_API_TOKEN") ??
    stored.api_token ??
    variable(environment, "DEPOT_JIT_TOKEN") ??
    variable(environment, "DEPOT_CACHE_TOKEN");
  return text === undefined ? undefined : new Secret(text.trim());
}
