import { messageOf, readFileAtOnce as readFile, systemCodeOf } from "@opendepot/base";
import { dockerConfigInvalid } from "../problems.ts";
import { parseJson } from "./parse-json.ts";

/** Credentials of one registry as docker's `config.json` knows them. */
export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  /** A refresh token that stands for the password. */
  readonly identityToken: string;
  /** A bearer token that is used as it is. */
  readonly registryToken: string;
}

export const NO_AUTH: RegistryAuth = { username: "", password: "", identityToken: "", registryToken: "" };

/** The part of `config.json` that is about credentials: docker/cli `cli/config/configfile`. */
export interface DockerConfig {
  readonly auths: ReadonlyMap<string, RegistryAuth>;
  /** Suffix of the helper for registries without one of their own. */
  readonly credsStore: string | undefined;
  /** Suffix of the helper by registry. */
  readonly credHelpers: ReadonlyMap<string, string>;
}

/**
 * Reads `path`; without such a file there are no credentials.
 *
 * @throws {Problem} `docker_config_invalid`
 */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return parseDockerConfig("{}", path);
    throw dockerConfigInvalid(path, messageOf(error));
  }
  return parseDockerConfig(text, path);
}

/**
 * `origin` names the text in errors.
 *
 * @throws {Problem} `docker_config_invalid`
 */
export function parseDockerConfig(text: string, origin: string): DockerConfig {
  const config = parseJson(text);
  if (config === undefined) throw dockerConfigInvalid(origin, "it is not JSON");
  if (!isRecord(config)) throw dockerConfigInvalid(origin, "it is not a JSON object");
  const auths = Object.entries(isRecord(config["auths"]) ? config["auths"] : {});
  const helpers = Object.entries(isRecord(config["credHelpers"]) ? config["credHelpers"] : {});
  return {
    auths: new Map(auths.map(([registry, entry]) => [registry, readEntry(registry, entry, origin)])),
    credsStore: textOf(config["credsStore"]) || undefined,
    credHelpers: new Map(helpers.map(([registry, helper]) => [registry, textOf(helper)])),
  };
}

function readEntry(registry: string, entry: unknown, origin: string): RegistryAuth {
  if (!isRecord(entry)) return NO_AUTH;
  const encoded = textOf(entry["auth"]);
  const decoded = encoded ? decodeAuth(encoded) : [textOf(entry["username"]), textOf(entry["password"])];
  if (!decoded) throw dockerConfigInvalid(origin, `"auth" of ${registry} is not base64 of user:password`);
  return {
    username: decoded[0] ?? "",
    password: decoded[1] ?? "",
    identityToken: textOf(entry["identitytoken"]),
    registryToken: textOf(entry["registrytoken"]),
  };
}

function decodeAuth(encoded: string): [username: string, password: string] | undefined {
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 1) return undefined;
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/^\0+|\0+$/g, "")];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
