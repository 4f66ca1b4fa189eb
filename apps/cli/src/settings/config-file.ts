import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, readFileAtOnce as readFile, systemCodeOf } from "@opendepot/base";
import { type CliContext, variable } from "../cli-context.ts";
import { configInvalid, configUnwritable } from "../problems.ts";
import { formatFlatYaml, parseFlatYaml, setFlatYaml } from "./flat-yaml.ts";

/** What the command remembers between runs; the first two are the hosted product's own keys. */
export interface StoredSettings {
  readonly api_token?: string | undefined;
  readonly org_id?: string | undefined;
  readonly api_url?: string | undefined;
}

const KEYS = ["api_token", "org_id", "api_url"] as const;

/** `$XDG_CONFIG_HOME/depot/depot.yaml`, by default below `~/.config`, on macOS below `~/Library/Application Support`. */
export function settingsPath({ environment, home, host }: Pick<CliContext, "environment" | "home" | "host">): string {
  const fallback = host.platform === "darwin" ? join(home, "Library", "Application Support") : join(home, ".config");
  return join(variable(environment, "XDG_CONFIG_HOME") ?? fallback, "depot", "depot.yaml");
}

/**
 * Reads the stored settings; none when the file does not exist.
 *
 * @throws {Problem} `config_invalid`
 */
export async function readSettings(context: CliContext): Promise<StoredSettings> {
  const path = settingsPath(context);
  const entries = parseFlatYaml((await readIfPresent(path)) ?? "").flatMap(({ key, value }) =>
    key && value ? [[key, value] as const] : [],
  );
  return Object.fromEntries(entries.filter(([key]) => (KEYS as readonly string[]).includes(key)));
}

/**
 * Changes the given keys (undefined removes one) and keeps everything else in the file, which only its owner may
 * read. The new file replaces the old one whole.
 *
 * @throws {Problem} `config_invalid`, `config_unwritable`
 */
export async function writeSettings(context: CliContext, changes: StoredSettings): Promise<string> {
  const path = settingsPath(context);
  let lines = parseFlatYaml((await readIfPresent(path)) ?? "");
  for (const key of KEYS) if (key in changes) lines = setFlatYaml(lines, key, changes[key]);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, formatFlatYaml(lines), { mode: 0o600 });
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw configUnwritable(path, cause);
  }
  return path;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCodeOf(cause) === "ENOENT") return undefined;
    throw configInvalid(path, messageOf(cause), cause);
  }
}
