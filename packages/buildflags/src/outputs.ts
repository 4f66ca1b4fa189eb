import { type Attributes, isSameAttributes, type OrderedJson, sortedEntries, withoutKeys } from "./attributes.ts";
import { readCsvFields, writeCsvFields } from "./csv-fields.ts";
import { cut } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";
import { removeRepeats } from "./remove-repeats.ts";

/** Where a build's result goes: buildx v0.36 util/buildflags `ExportEntry`. */
export interface Output {
  /** An exporter, for instance `local`, `image` or `registry`. */
  readonly type: string;
  /** A path, or `-` for stdout; empty when there is none. */
  readonly dest: string;
  /** Everything else, for the exporter. */
  readonly attributes: Attributes;
}

/**
 * Reads an output: a bare path is a `local` one, `-` a tar on stdout, anything else `key=value` fields.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readOutput(text: string): Output {
  const fields = readCsvFields(text);
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    return { type: text === "-" ? "tar" : "local", dest: text, attributes: new Map() };
  }
  const values = new Map<string, string>();
  for (const field of fields) {
    const [key, value] = cut(field, "=");
    if (value === undefined) throw buildFlagInvalid(`invalid value ${field}`);
    values.set(key.toLowerCase().trim(), value);
  }
  return outputFromMap(values);
}

/**
 * Makes an output of keys and values as a definition gives them.
 *
 * @throws {Problem} `build_flag_invalid`: it has no type
 */
export function outputFromMap(values: Attributes): Output {
  const type = values.get("type") ?? "";
  if (type === "") throw buildFlagInvalid("type is required for output");
  return { type, dest: values.get("dest") ?? "", attributes: withoutKeys(values, ["type", "dest"]) };
}

/** Reads several outputs; empty texts are skipped. @throws {Problem} `build_flag_invalid` */
export function readOutputs(texts: readonly string[]): Output[] {
  return texts.filter((text) => text !== "").map(readOutput);
}

/** Drops repeated outputs. */
export function normalizeOutputs(outputs: readonly Output[]): Output[] {
  return removeRepeats(outputs, isSameOutput);
}

function isSameOutput(a: Output, b: Output): boolean {
  return a.type === b.type && a.dest === b.dest && isSameAttributes(a.attributes, b.attributes);
}

/** As one line that {@link readOutput} reads back. */
export function formatOutput({ type, dest, attributes }: Output): string {
  const head: Array<[string, string]> = [["type", type]];
  if (dest !== "") head.push(["dest", dest]);
  return writeCsvFields([...head, ...sortedEntries(attributes)]);
}

/** As `bake --print` shows it. */
export function outputToJson({ type, dest, attributes }: Output): OrderedJson {
  const values = new Map(attributes).set("type", type);
  if (dest !== "") values.set("dest", dest);
  return new Map(sortedEntries(values));
}
