import { flagValueInvalid } from "../problems.ts";

/** How a list of `key[=value]` is read. */
export interface KeyValueOptions {
  /** For messages, for instance `--label`. */
  readonly flag: string;
  /** Where a key without a value takes it from; a key that is not there is left out. Without it the value is empty. */
  readonly fallback?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Reads repeated `key[=value]` flags; the last one of a key wins (buildx `listToMap`).
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function parseKeyValues(values: readonly string[], options: KeyValueOptions): Record<string, string> {
  const result = new Map<string, string>();
  for (const text of values) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (key === "") throw flagValueInvalid(options.flag, text, "the key is empty", `write ${options.flag} KEY=VALUE`);
    const value = equals >= 0 ? text.slice(equals + 1) : options.fallback ? options.fallback[key] : "";
    if (value !== undefined) result.set(key, value);
  }
  return Object.fromEntries(result);
}
