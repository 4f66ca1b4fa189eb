import { type Environment, variable } from "../cli-context.ts";
import { serverUrlInvalid } from "../problems.ts";
import type { StoredSettings } from "./config-file.ts";

/** Where a server listens unless it is told otherwise. */
export const DEFAULT_SERVER_URL = "http://127.0.0.1:8700";

/**
 * The server's address: `DEPOT_API_URL`, else the stored `api_url`, else this machine.
 *
 * @throws {Problem} `server_url_invalid`
 */
export function resolveServerUrl(environment: Environment, stored: StoredSettings): URL {
  const fromEnvironment = variable(environment, "DEPOT_API_URL");
  if (fromEnvironment !== undefined) return parseServerUrl(fromEnvironment, "DEPOT_API_URL");
  if (stored.api_url !== undefined) return parseServerUrl(stored.api_url, "the stored api_url");
  return new URL(DEFAULT_SERVER_URL);
}

/**
 * Reads an address that `source` names.
 *
 * @throws {Problem} `server_url_invalid`
 */
export function parseServerUrl(text: string, source: string): URL {
  const url = URL.parse(text.trim());
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (!url || !isHttp || url.hostname === "" || url.username !== "" || url.password !== "") {
    throw serverUrlInvalid(url?.password ? "(with a password)" : text, source);
  }
  return url;
}
