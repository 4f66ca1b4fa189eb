import { Problem } from "@opendepot/base";
import { splitCsvFields } from "../csv-fields.ts";
import { cut } from "../go-text.ts";
import type { BuildFlagProblemCode } from "../problems.ts";

/** `--secret` as it is written. */
export interface SecretSpec {
  readonly id: string;
  readonly path?: string | undefined;
  readonly env?: string | undefined;
}

/**
 * Reads `--secret id=name[,src=path|,env=NAME][,type=file|env]` (buildx `ParseSecretSpecs`); later ones replace
 * earlier ones of the same id. No message ever repeats a value that may be the secret itself.
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
    const [written, value] = cut(field, "=");
    if (value === undefined) fail(text, `${JSON.stringify(field)} is no key=value`);
    const key = written.toLowerCase();
    const name = key === "source" ? "src" : key;
    if (!["type", "id", "src", "env"].includes(name)) fail(text, `unknown key ${JSON.stringify(key)}`);
    values.set(name, value);
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

function secretInvalid(message: string, hint: string): Problem<BuildFlagProblemCode> {
  return new Problem("secret_invalid", message, { hint });
}
