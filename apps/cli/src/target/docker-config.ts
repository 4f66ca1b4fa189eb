import { join, resolve } from "node:path";
import { readFileAtOnce as readFile } from "@opendepot/base";
import { type CliContext, variable } from "../cli-context.ts";

/** Docker's configuration folder: `DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigFolder({
  environment,
  home,
  cwd,
}: Pick<CliContext, "environment" | "home" | "cwd">): string {
  return resolve(cwd, variable(environment, "DOCKER_CONFIG") ?? join(home, ".docker"));
}

const PROXY_KEYS: Readonly<Record<string, string>> = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
  allProxy: "ALL_PROXY",
};

/**
 * Build arguments for the proxies in Docker's `config.json`, in both spellings, as docker/cli passes them on to every
 * build. None when the file is missing or unreadable: then Docker would not have any either.
 */
export async function readProxyArgs(configFolder: string): Promise<Record<string, string>> {
  const text = await readFile(join(configFolder, "config.json"), "utf8").catch(() => "");
  const proxies = text.includes('"proxies"') ? defaultProxies(text) : {};
  const entries = Object.entries(PROXY_KEYS).flatMap(([key, name]) => {
    const value = proxies[key];
    return typeof value !== "string" || value === ""
      ? []
      : [
          [name, value],
          [name.toLowerCase(), value],
        ];
  });
  return Object.fromEntries(entries);
}

function defaultProxies(text: string): Readonly<Record<string, unknown>> {
  try {
    const config = JSON.parse(text) as { proxies?: { default?: Record<string, unknown> } } | null;
    return config?.proxies?.default ?? {};
  } catch {
    return {};
  }
}

/** The proxies' arguments that `given` does not set in any spelling: buildx `proxyArgKeyExists`. */
export function withProxyArgs(
  given: Readonly<Record<string, string>>,
  proxies: Readonly<Record<string, string>>,
): Record<string, string> {
  const taken = new Set(Object.keys(given).map((key) => key.toLowerCase()));
  const missing = Object.entries(proxies).filter(([key]) => !taken.has(key.toLowerCase()));
  return { ...given, ...Object.fromEntries(missing) };
}
