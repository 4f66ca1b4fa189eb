import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCodeOf } from "@opendepot/base";
import { type DockerAddress, type DockerTls, parseDockerHost } from "./address.ts";
import { dockerContextInvalid } from "./problems.ts";

/** What decides which Docker is meant. */
export interface FindDockerOptions {
  /** `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_TLS`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Docker's configuration folder, for instance `/home/me/.docker`; it need not exist. */
  readonly configFolder: string;
  /** Node's `process.platform`, for the default. */
  readonly platform: string;
}

/** Which Docker is meant, and who says so. */
export interface FoundDocker {
  readonly address: DockerAddress;
  /** `DOCKER_HOST`, `docker context "name"` or `default`. */
  readonly source: string;
}

const DEFAULT_CONTEXT = "default";
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Finds the Docker that `docker` itself would use: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or
 * `config.json` names, else the default socket (docker/cli `cli/command` `resolveContextName`).
 *
 * @throws {Problem} `docker_context_invalid`
 */
export async function findDocker(options: FindDockerOptions): Promise<FoundDocker> {
  const { environment, configFolder } = options;
  const host = environment["DOCKER_HOST"];
  if (host) return { address: parseDockerHost(host, await environmentTls(options)), source: "DOCKER_HOST" };
  const name = environment["DOCKER_CONTEXT"] || (await currentContext(configFolder)) || DEFAULT_CONTEXT;
  if (name === DEFAULT_CONTEXT) return { address: defaultAddress(options.platform), source: "default" };
  return { address: await contextAddress(configFolder, name), source: `docker context ${JSON.stringify(name)}` };
}

function defaultAddress(platform: string): DockerAddress {
  return platform === "win32" ? parseDockerHost("npipe:////./pipe/docker_engine") : parseDockerHost("unix://");
}

/** TLS for `DOCKER_HOST`: docker/cli `cli/flags/options.go`. */
async function environmentTls({ environment, configFolder }: FindDockerOptions): Promise<DockerTls | undefined> {
  const verifies = Boolean(environment["DOCKER_TLS_VERIFY"]);
  if (!verifies && !environment["DOCKER_TLS"]) return undefined;
  return await readTls(environment["DOCKER_CERT_PATH"] || configFolder, !verifies);
}

async function currentContext(configFolder: string): Promise<string | undefined> {
  const config = await readJson(join(configFolder, "config.json"));
  const { currentContext: name } = Object(config) as Record<string, unknown>;
  return typeof name === "string" ? name : undefined;
}

/** A context as docker keeps it: docker/cli `cli/context/store`. */
async function contextAddress(configFolder: string, name: string): Promise<DockerAddress> {
  const what = `docker context ${JSON.stringify(name)}`;
  const id = createHash("sha256").update(name).digest("hex");
  const meta = await readJson(join(configFolder, "contexts/meta", id, "meta.json"));
  if (meta === undefined) throw dockerContextInvalid(what, "there is no such context");
  const { Endpoints: endpoints } = Object(meta) as Record<string, unknown>;
  const { docker } = Object(endpoints) as Record<string, unknown>;
  const { Host: host, SkipTLSVerify: skipsVerify } = Object(docker) as Record<string, unknown>;
  if (typeof host !== "string" || host === "") throw dockerContextInvalid(what, "it names no Docker host");
  const tls = await readTls(join(configFolder, "contexts/tls", id, "docker"), skipsVerify === true);
  const isUsed = tls.ca !== undefined || tls.cert !== undefined || tls.skipsVerify;
  return parseDockerHost(host, isUsed ? tls : undefined);
}

async function readTls(folder: string, skipsVerify: boolean): Promise<DockerTls> {
  const [ca, cert, key] = await Promise.all(["ca", "cert", "key"].map((name) => readText(join(folder, `${name}.pem`))));
  return { ca, cert, key, skipsVerify };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw dockerContextInvalid(path, "it is not JSON", cause);
  }
}

/** Undefined when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > MAX_FILE_BYTES) throw dockerContextInvalid(path, `it has more than ${MAX_FILE_BYTES} bytes`);
    return text;
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === undefined) throw cause;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw dockerContextInvalid(path, messageOf(cause), cause);
  }
}
