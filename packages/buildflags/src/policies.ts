import { type Attributes, type OrderedJson, sortedEntries } from "./attributes.ts";
import { readCsvFields } from "./csv-fields.ts";
import { cut, goQuote, readGoBool } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";

/** How a source policy is evaluated: buildx v0.36 util/buildflags `PolicyConfig`. */
export interface Policy {
  readonly files: readonly string[];
  readonly isReset: boolean;
  readonly isDisabled: boolean;
  readonly isStrict?: boolean | undefined;
  readonly logLevel?: LogLevel | undefined;
}

/** Levels of logrus, from the gravest; printed as their place in this list. */
export const LOG_LEVELS = ["panic", "fatal", "error", "warning", "info", "debug", "trace"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Reads `filename=…,reset=…,disabled=…,strict=…,log-level=…`.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readPolicy(text: string): Policy {
  return policyFromFields(readCsvFields(text));
}

/**
 * Makes a policy of keys and values as a definition gives them; empty values are skipped.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function policyFromMap(values: Attributes): Policy {
  return policyFromFields(sortedEntries(values).flatMap(([key, value]) => (value === "" ? [] : [`${key}=${value}`])));
}

function policyFromFields(fields: readonly string[]): Policy {
  const policy: { -readonly [Key in keyof Policy]: Policy[Key] } = { files: [], isReset: false, isDisabled: false };
  for (const field of fields) {
    const [written, value] = cut(field, "=");
    if (value === undefined) throw buildFlagInvalid(`invalid value ${field}`);
    const key = written.toLowerCase().trim();
    if (key === "filename" && value !== "") policy.files = [...policy.files, value];
    else if (key === "reset") policy.isReset = readGoBool(value, `invalid value ${field}`);
    else if (key === "disabled") policy.isDisabled = readGoBool(value, `invalid value ${field}`);
    else if (key === "strict") policy.isStrict = readGoBool(value, `invalid value ${field}`);
    else if (key === "log-level") policy.logLevel = readLogLevel(field, value);
    else throw buildFlagInvalid(`invalid value ${field}`);
  }
  return policy;
}

function readLogLevel(field: string, value: string): LogLevel {
  const name = value.toLowerCase() === "warn" ? "warning" : value.toLowerCase();
  const level = LOG_LEVELS.find((other) => other === name);
  if (level !== undefined) return level;
  throw buildFlagInvalid(`invalid value ${field}: not a valid logrus Level: ${goQuote(value)}`);
}

/** As `bake --print` shows it: buildx gives this type no names of its own for JSON. */
export function policyToJson(policy: Policy): OrderedJson {
  const files = policy.files.map(
    (name) =>
      new Map<string, OrderedJson>([
        ["Filename", name],
        ["Data", null],
      ]),
  );
  return new Map<string, OrderedJson>([
    ["Files", files.length === 0 ? null : files],
    ["Reset", policy.isReset],
    ["Disabled", policy.isDisabled],
    ["Strict", policy.isStrict ?? null],
    ["LogLevel", policy.logLevel ?? null],
  ]);
}
