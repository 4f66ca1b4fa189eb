import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isProblem, messageOf, Problem, systemCodeOf } from "@opendepot/base";
import type { SecretSource } from "@opendepot/buildkit";
import type { Environment } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";
import { splitCsvFields } from "./csv-fields.ts";

/** `--secret` as it is written. */
export interface SecretSpec {
  readonly id: string;
  readonly path?: string | undefined;
  readonly env?: string | undefined;
}

/** The most that the engine takes as one secret, in bytes: BuildKit session/secrets `MaxSecretSize`. */
const MAX_SECRET_BYTES = 500 * 1024;

/**
 * Reads `--secret id=name[,src=path|,env=NAME][,type=file|env]` (buildx `ParseSecretSpecs`); later ones replace
 * earlier ones of the same id.
 *
 * @throws {Problem} `secret_invalid`
 */
export function parseSecrets(values: readonly string[]): SecretSpec[] {
  const specs = values.filter((value) => value !== "").map(parseSecret);
  return [...new Map(specs.map((spec) => [spec.id, spec])).values()];
}

function parseSecret(text: string): SecretSpec {
  const fields = splitCsvFields(text) ?? fail(text, "its quoting is wrong");
  const values = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 0) fail(text, `${JSON.stringify(field)} is no key=value`);
    const key = field.slice(0, equals).toLowerCase();
    const name = key === "source" ? "src" : key;
    if (!["type", "id", "src", "env"].includes(name)) fail(text, `unknown key ${JSON.stringify(key)}`);
    values.set(name, field.slice(equals + 1));
  }
  return toSpec(text, values);
}

function toSpec(text: string, values: ReadonlyMap<string, string>): SecretSpec {
  const type = values.get("type");
  if (type !== undefined && type !== "file" && type !== "env") fail(text, `unknown type ${JSON.stringify(type)}`);
  const id = values.get("id") || fail(text, "it has no id");
  const [path, env] = [values.get("src") || undefined, values.get("env") || undefined];
  return type === "env" && env === undefined ? { id, env: path } : { id, path, env };
}

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

function fail(text: string, why: string): never {
  throw secretInvalid(
    `invalid --secret ${JSON.stringify(withoutValues(text))}: ${why}`,
    "write --secret id=NAME,src=PATH or --secret id=NAME,env=VARIABLE",
  );
}

/** Somebody may have written the secret itself behind an unknown key: only keys that are ours keep their values. */
function withoutValues(text: string): string {
  return text.replace(/(^|,)(?!(?:id|src|source|env|type)=)([^,=]*)=[^,]*/gi, "$1$2=…");
}

function secretInvalid(message: string, hint: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("secret_invalid", message, { hint, cause });
}
