import { isProblem } from "@opendepot/base";
import type { OrderedJson } from "./attributes.ts";
import { readCsvFields, writeCsvFields } from "./csv-fields.ts";
import { cut, goQuote } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";
import { keepLastOfKey } from "./remove-repeats.ts";

/** A secret that steps may mount: buildx v0.36 util/buildflags `Secret`. Nothing is empty rather than absent. */
export interface SecretSource {
  readonly id: string;
  /** A file. */
  readonly src: string;
  /** An environment variable. */
  readonly env: string;
}

/**
 * Reads `id=name,src=path`, `id=name,env=NAME` and their other spellings.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readSecret(text: string): SecretSource {
  const found = { id: "", src: "", env: "" };
  let type = "";
  for (const field of readFields(text)) {
    const [written, value] = cut(field, "=");
    const key = written.toLowerCase();
    if (value === undefined) throw buildFlagInvalid(`invalid field '${field}' must be a key=value pair`);
    if (key === "type") type = readType(value);
    else if (key === "src" || key === "source") found.src = value;
    else if (key === "id" || key === "env") found[key] = value;
    else throw buildFlagInvalid(`unexpected key '${key}' in '${field}'`);
  }
  return type === "env" && found.env === "" ? { id: found.id, src: "", env: found.src } : found;
}

function readFields(text: string): string[] {
  try {
    return readCsvFields(text);
  } catch (cause) {
    throw isProblem(cause) ? buildFlagInvalid(`failed to parse csv secret: ${cause.message}`, cause) : cause;
  }
}

function readType(value: string): string {
  if (value !== "file" && value !== "env") throw buildFlagInvalid(`unsupported secret type ${goQuote(value)}`);
  return value;
}

/** Reads several secrets; empty texts are skipped. @throws {Problem} `build_flag_invalid` */
export function readSecrets(texts: readonly string[]): SecretSource[] {
  return texts.filter((text) => text !== "").map(readSecret);
}

/** Of each id the last one stays, at the place of the first. */
export function normalizeSecrets(secrets: readonly SecretSource[]): SecretSource[] {
  return keepLastOfKey(secrets, ({ id }) => id);
}

/** As one line that {@link readSecret} reads back. */
export function formatSecret(secret: SecretSource): string {
  return writeCsvFields(fieldsOf(secret));
}

/** As `bake --print` shows it. */
export function secretToJson(secret: SecretSource): OrderedJson {
  return new Map(fieldsOf(secret));
}

function fieldsOf({ id, src, env }: SecretSource): Array<[string, string]> {
  const fields: Array<[string, string]> = [
    ["id", id],
    ["src", src],
    ["env", env],
  ];
  return fields.filter(([, value]) => value !== "");
}
