import { Timestamp } from "../value.ts";
import { YamlError } from "./yaml-error.ts";

/** What a plain scalar means: its tag in short form and its value. */
export interface ResolvedScalar {
  readonly tag: string;
  readonly value: string | boolean | null | bigint | number | Timestamp;
}

const WORDS: ReadonlyMap<string, ResolvedScalar> = new Map<string, ResolvedScalar>([
  ...["true", "True", "TRUE"].map((word) => [word, { tag: "!!bool", value: true }] as const),
  ...["false", "False", "FALSE"].map((word) => [word, { tag: "!!bool", value: false }] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, { tag: "!!null", value: null }] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, { tag: "!!float", value: Number.NaN }] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, { tag: "!!float", value: Number.POSITIVE_INFINITY }] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, { tag: "!!float", value: Number.NEGATIVE_INFINITY }] as const),
  ...["-0", "-0.0"].map((word) => [word, { tag: "!!float", value: -0 }] as const),
  ["<<", { tag: "!!merge", value: "<<" }],
]);

const RESOLVABLE = new Set(["", "!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"]);
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/**
 * Gives a scalar its meaning as go-yaml v4 does (`internal/libyaml/resolver.go`): YAML 1.2's words, but octal `0755`,
 * underscores in numbers and timestamps of YAML 1.1; `yes` and `on` are strings.
 *
 * @throws {YamlError} when the text does not fit an explicit tag such as `!!int`
 */
export function resolveScalar(tag: string, text: string): ResolvedScalar {
  if (!RESOLVABLE.has(tag)) return { tag, value: text };
  const resolved = tag === "!!str" ? undefined : resolveText(tag, text);
  const { tag: found, value } = resolved ?? { tag: "!!str", value: text };
  if (tag === "" || tag === found || tag === "!!str") return { tag: found, value };
  if (tag === "!!float" && typeof value === "bigint") return { tag, value: Number(value) };
  throw new YamlError(`yaml: cannot construct ${found} \`${text}\` as a ${tag}`);
}

function resolveText(tag: string, text: string): ResolvedScalar | undefined {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 0x2e) return FLOAT.test(text) ? { tag: "!!float", value: Number(text) } : undefined;
  const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d;
  if (!isNumeric) return undefined;
  if (tag === "" || tag === "!!timestamp") {
    const time = parseTimestamp(text);
    if (time !== undefined) return { tag: "!!timestamp", value: time };
  }
  const plain = text.replaceAll("_", "");
  const integer = parseInteger(plain);
  if (integer !== undefined) return { tag: "!!int", value: integer };
  if (!FLOAT.test(plain)) return undefined;
  const float = Number(plain);
  return Number.isFinite(float) ? { tag: "!!float", value: float } : undefined;
}

// Go's strconv.ParseInt and ParseUint with base 0.
function parseInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", hex, binary, octal, decimal] = match;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : (decimal ?? "0");
  const magnitude = BigInt(digits);
  if (sign === "-") return magnitude <= 2n ** 63n ? -magnitude : undefined;
  return magnitude < (sign === "+" ? 2n ** 63n : 2n ** 64n) ? magnitude : undefined;
}

const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?(Z|[-+]\d{2}:\d{2}))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?))?$/;

function parseTimestamp(text: string): Timestamp | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [match[1], match[2], match[3]].map(Number);
  const [hour, minute, second] = [match[4] ?? match[9], match[5] ?? match[10], match[6] ?? match[11]].map((part) =>
    Number(part ?? 0),
  );
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const lastDay = new Date(Date.UTC(2000, month, 0));
  lastDay.setUTCFullYear(year, month, 0);
  if (day > lastDay.getUTCDate()) return undefined;
  const fraction = (match[7] ?? match[12] ?? "").replace(/\.?0+$/, "");
  const two = (part: number): string => String(part).padStart(2, "0");
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  const time = `${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
  const zone = match[8] ?? "Z";
  const goZone = zone === "Z" || zone === "+00:00" ? "+0000 UTC" : `${zone.replace(":", "")} ${zone.replace(":", "")}`;
  return new Timestamp(`${date} ${time} ${goZone}`, `${date}T${time}${zone}`);
}
