import type { ApiClient } from "@opendepot/api";
import type { Secret } from "@opendepot/base";
import { type CliContext, isContinuousIntegration } from "./cli-context.ts";
import { readSettings, type StoredSettings } from "./settings/config-file.ts";
import { resolveServerUrl } from "./settings/server-url.ts";
import { resolveToken } from "./settings/token.ts";
import { trustAuthorities } from "./settings/trust.ts";
import { VERSION } from "./version.ts";

/** A server and who we are to it. Dispose of it to close its connections. */
export interface Server extends AsyncDisposable {
  readonly api: ApiClient;
  readonly url: URL;
  readonly stored: StoredSettings;
  /** Who we are to it. */
  readonly token: Secret;
}

/**
 * The server that this command works with, with the token that the settings name.
 *
 * @param token `--token`, when given
 * @throws {Problem} `token_missing`, `server_url_invalid`, `config_invalid`
 */
export async function openServer(context: CliContext, token: string | undefined): Promise<Server> {
  const stored = await readSettings(context);
  const url = resolveServerUrl(context.environment, stored);
  return await connect(context, {
    url,
    token: resolveToken({ flag: token, environment: context.environment, stored }),
    stored,
  });
}

/** Like {@link openServer}, for a server and a token that were named. */
export async function connect(
  context: CliContext,
  { url, token, stored }: { readonly url: URL; readonly token: Secret; readonly stored: StoredSettings },
): Promise<Server> {
  await trustAuthorities(url, context.environment);
  const { createApiClient } = await import("@opendepot/api");
  const api = createApiClient({ url, token, userAgent: userAgent(context) });
  return { api, url, stored, token, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** `depot-cli/<version>/<os>/<arch>/<terminal or ci>`, as the hosted product's command names itself. */
function userAgent({ environment, host }: CliContext): string {
  const place = isContinuousIntegration(environment) ? "ci" : "terminal";
  return `depot-cli/${VERSION}/${host.platform}/${host.arch}/${place}`;
}
