import { goQuote } from "./go-quote.ts";

/**
 * A YAML timestamp: go-yaml turns `2024-01-31` into a time, which reads differently as a string.
 */
export class Timestamp {
  /** As Go prints a time with `%v`. */
  readonly goText: string;
  /** As JSON has it, RFC 3339. */
  readonly rfc3339: string;

  constructor(goText: string, rfc3339: string) {
    this.goText = goText;
    this.rfc3339 = rfc3339;
  }
}

/** A mapping of a compose model; insertion order is file order. */
export type ComposeMapping = Map<string, ComposeValue>;

/**
 * A value of a compose model before it is typed, as Go's `any` holds it: integers are bigints, floating point numbers
 * are numbers, so that `1` and `1.0` stay different.
 */
export type ComposeValue = string | boolean | null | bigint | number | Timestamp | ComposeValue[] | ComposeMapping;

/** Narrows to a mapping. */
export function isMapping(value: ComposeValue | undefined): value is ComposeMapping {
  return value instanceof Map;
}

/** Go's name of a value's type, for error texts: what `%T` prints. */
export function goType(value: ComposeValue | undefined): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (value instanceof Map) return "map[string]interface {}";
  if (value instanceof Timestamp) return "time.Time";
  switch (typeof value) {
    case "bigint":
      return value >= 2n ** 63n ? "uint64" : "int";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    default:
      return "string";
  }
}

/** Go's kind of a value's type, for error texts: `slice`, `map`, `int`. */
export function goKind(value: ComposeValue): string {
  if (Array.isArray(value)) return "slice";
  if (value instanceof Map) return "map";
  return value instanceof Timestamp ? "struct" : goType(value);
}

/** A value as Go's `fmt.Sprint` prints it. */
export function goPrint(value: ComposeValue): string {
  if (value === null) return "<nil>";
  if (typeof value === "number") return goFloat(value);
  if (Array.isArray(value)) return `[${value.map(goPrint).join(" ")}]`;
  if (value instanceof Timestamp) return value.goText;
  if (value instanceof Map) {
    const pairs = [...value].sort(([a], [b]) => compareText(a, b)).map(([key, item]) => `${key}:${goPrint(item)}`);
    return `map[${pairs.join(" ")}]`;
  }
  return String(value);
}

/** A value as Go prints it where it takes it for a string, with `%s`: `3` is `%!s(int=3)`. */
export function goPrintAsText(value: ComposeValue): string {
  return value === null ? "%!s(<nil>)" : innerText(value);
}

function innerText(value: ComposeValue): string {
  if (typeof value === "string" || value === null) return value ?? "<nil>";
  if (Array.isArray(value)) return `[${value.map(innerText).join(" ")}]`;
  if (!(value instanceof Map)) return `%!s(${goType(value)}=${goPrint(value)})`;
  const pairs = [...value].sort(([a], [b]) => compareText(a, b));
  return `map[${pairs.map(([key, item]) => `${key}:${innerText(item)}`).join(" ")}]`;
}

/** A value in Go's own syntax: what `%#v` prints. */
export function goSyntax(value: ComposeValue): string {
  return value === null ? "<nil>" : innerSyntax(value);
}

function innerSyntax(value: ComposeValue): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(innerSyntax).join(", ")}}`;
  if (!(value instanceof Map)) return goPrint(value);
  const pairs = [...value].sort(([a], [b]) => compareText(a, b));
  return `map[string]interface {}{${pairs.map(([key, item]) => `${goQuote(key)}:${innerSyntax(item)}`).join(", ")}}`;
}

/** Orders strings as Go does, by their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const isPlain = !/[\ud800-\udfff]/.test(a + b);
  if (isPlain) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// %v is %g with the shortest digits: an exponent from 1e+06 on, and below 0.0001.
function goFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return expand(mantissa, exponent);
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}

function expand(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return sign + whole + (fraction === "" ? "" : `.${fraction}`);
}
