import { join, resolve } from "node:path";
import { nearest } from "@opendepot/base";
import { parseBytes } from "./bytes.ts";
import { parseDuration } from "./duration.ts";
import type { PushTargets } from "./images/push-targets.ts";
import type { TlsSetting } from "./listen/tls.ts";
import { optionInvalid, optionUnknown } from "./problems.ts";
import { type BlobPlace, parseBlobPlace } from "./registry/blob-place.ts";
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingTexts } from "./settings.ts";

/** What the settings are read against: the process's surroundings, read once in `main.ts`. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homeDir: string;
  readonly isRoot: boolean;
}

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A server's settings: all there, checked and frozen. */
export interface ResolvedServer {
  readonly listen: ListenAddress;
  readonly gatewayListen: ListenAddress;
  readonly dataDir: string;
  /** Without a slash at its end; undefined: from the address that was listened on. */
  readonly publicUrl: string | undefined;
  readonly tls: TlsSetting;
  /** `tcp://host:port`; undefined: the public URL's host and the gateway's port. */
  readonly gatewayAddress: string | undefined;
  /** May hold a password. Undefined: a managed PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly idleTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly enginePath: string | undefined;
  readonly isEngineInstallAllowed: boolean;
  readonly blobPlace: BlobPlace;
  readonly pushTargets: PushTargets;
  /** As hosts stand in image names. */
  readonly plainHttpRegistries: ReadonlySet<string>;
  readonly copiesAtOnce: number;
  readonly isMirrorOn: boolean;
  readonly mirrorBytes: number;
  readonly logLevel: LogLevel;
}

/** How much is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const PREFIX = "DEPOT_SERVER_";
/** The longest that Node's timers can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Settings from flags and environment.
 *
 * @throws {Problem} `option_unknown` for a `DEPOT_SERVER_…` variable that is none of ours
 */
export function readSettings(flag: (name: string) => string | undefined, env: Surroundings["env"]): SettingTexts {
  const known: string[] = SETTING_NAMES.map((name) => SETTINGS[name].env);
  for (const name of Object.keys(env)) {
    if (name.startsWith(PREFIX) && !known.includes(name)) throw optionUnknown(name, nearest(name, known));
  }
  const texts: { [Name in SettingName]?: string } = {};
  for (const name of SETTING_NAMES) {
    const text = flag(SETTINGS[name].flag) ?? (env[SETTINGS[name].env] || undefined);
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}

/** The data folder, for the commands that need nothing else. */
export function resolveDataDir(text: string | undefined, { env, cwd, homeDir, isRoot }: Surroundings): string {
  if (text) return resolve(cwd, text);
  if (isRoot) return "/var/lib/opendepot";
  return join(env["XDG_DATA_HOME"] || join(homeDir, ".local/share"), "opendepot");
}

/**
 * Checks settings and fills in the defaults.
 *
 * @throws {Problem} `option_invalid`
 */
export function resolveServer(texts: SettingTexts, around: Surroundings): ResolvedServer {
  const textOf = (name: SettingName): string => texts[name] ?? SETTINGS[name].default ?? "";
  const listen = parseListen("--listen", textOf("listen"));
  const publicUrl = texts.publicUrl === undefined ? undefined : parsePublicUrl(texts.publicUrl);
  if (publicUrl === undefined && isWildcard(listen.host)) {
    throw optionInvalid(
      "--listen",
      listen.host,
      "with it, pass --public-url: clients must be told a name that they can reach",
    );
  }
  const engineInstall = oneOf("--engine-install", textOf("engineInstall"), ["auto", "never"]);
  return Object.freeze({
    listen,
    gatewayListen: parseListen("--gateway-listen", textOf("gatewayListen")),
    publicUrl,
    tls: resolveTls(texts, around.cwd),
    gatewayAddress: texts.gatewayAddress === undefined ? undefined : parseGatewayAddress(texts.gatewayAddress),
    dataDir: resolveDataDir(texts.dataDir, around),
    databaseUrl: texts.databaseUrl === undefined ? undefined : parseDatabaseUrl(texts.databaseUrl),
    idleTimeoutMs: parseTimeout("--idle-timeout", textOf("idleTimeout")),
    drainTimeoutMs: parseTimeout("--drain-timeout", textOf("drainTimeout")),
    enginePath: texts.engine === undefined ? undefined : resolve(around.cwd, texts.engine),
    isEngineInstallAllowed: engineInstall === "auto",
    blobPlace: parseBlobPlace(texts.blobStore, { dataDir: resolveDataDir(texts.dataDir, around), cwd: around.cwd }),
    pushTargets: resolvePushTargets(texts.pushTargets, listen),
    plainHttpRegistries: parseHosts(
      "--plain-http-registries",
      texts.plainHttpRegistries === undefined ? [] : splitList(texts.plainHttpRegistries),
    ),
    copiesAtOnce: parseCopiesAtOnce(textOf("copiesAtOnce")),
    isMirrorOn: oneOf("--mirror", textOf("mirror"), ["on", "off"]) === "on",
    mirrorBytes: parseBytes("--mirror-size", textOf("mirrorSize")),
    logLevel: oneOf("--log-level", textOf("logLevel"), ["debug", "info", "warn", "error"]),
  });
}

function parseListen(flag: string, text: string): ListenAddress {
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? name;
  if (host === undefined || Number(port) > 65_535)
    throw optionInvalid(flag, text, "use HOST:PORT, as in 127.0.0.1:8700");
  return { host, port: Number(port) };
}

function resolveTls({ tls, tlsCert, tlsKey }: SettingTexts, cwd: string): TlsSetting {
  const kind = oneOf("--tls", tls ?? "off", ["off", "own"]);
  if (tlsCert === undefined && tlsKey === undefined) return { kind };
  if (kind === "own") throw optionInvalid("--tls", "own", "leave it out where --tls-cert and --tls-key are given");
  if (tlsCert === undefined || tlsKey === undefined) {
    const [given, missing] = tlsKey === undefined ? ["--tls-cert", "--tls-key"] : ["--tls-key", "--tls-cert"];
    throw optionInvalid(given, tlsCert ?? tlsKey ?? "", `give ${missing}, too`);
  }
  return { kind: "files", certFile: resolve(cwd, tlsCert), keyFile: resolve(cwd, tlsKey) };
}

/** Whoever can reach a server on loopback is on this machine, and reaches what it reaches without it. */
function resolvePushTargets(text: string | undefined, { host }: ListenAddress): PushTargets {
  const words = splitList(text ?? (isLoopback(host) ? "any" : "public"));
  if (words.includes("any")) return { kind: "any" };
  const hosts = words.filter((word) => word !== "public" && word !== "none");
  return {
    ...{ kind: "listed", isPublicAllowed: words.includes("public") },
    hosts: parseHosts("--push-targets", hosts, "any, public, none, or "),
  };
}

function splitList(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

function parseHosts(flag: string, hosts: readonly string[], others = ""): ReadonlySet<string> {
  const wrong = hosts.find((name) => !/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/.test(name));
  if (wrong !== undefined) throw optionInvalid(flag, wrong, `use ${others}hosts as in registry.internal:5000`);
  return new Set(hosts);
}

const MAX_COPIES_AT_ONCE = 1000;

function parseCopiesAtOnce(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_COPIES_AT_ONCE) return count;
  throw optionInvalid("--copies-at-once", text, `use a number from 1 to ${MAX_COPIES_AT_ONCE}`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && ["http:", "https:"].includes(url.protocol) && !url.search && !url.hash && !url.username;
  if (!url || !isPlain) throw optionInvalid("--public-url", text, "use a URL as in https://depot.example.com");
  return url.href.replace(/\/+$/, "");
}

function parseGatewayAddress(text: string): string {
  const [, address] = /^(?:tcp:\/\/)?(.+)$/.exec(text) ?? [];
  if (!/^(?:\[[^\]]+\]|[^:[\]/]+):\d{1,5}$/.test(address ?? "")) {
    throw optionInvalid("--gateway-address", text, "use tcp://HOST:PORT, as clients reach it");
  }
  return `tcp://${address}`;
}

/** The text is not repeated in the problem: it may hold a password. */
function parseDatabaseUrl(text: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(text)) {
    throw optionInvalid("DATABASE_URL", "(not shown)", "use postgres://USER:PASSWORD@HOST/DATABASE");
  }
  return text;
}

/** A duration for a timer, or `never`. */
function parseTimeout(flag: string, text: string): number {
  const ms = text === "never" ? MAX_TIMEOUT_MS : parseDuration(flag, text);
  return Math.min(ms, MAX_TIMEOUT_MS);
}

function oneOf<const Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw optionInvalid(flag, text, `use one of ${choices.join(", ")}`);
  return choice;
}

/** Whether the address means all of this machine's, so that it names none of them to others. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "*";
}
