import {
  type BigFloat,
  boolType,
  convert,
  encodeJson,
  encodeJsonString,
  formatBigFloat,
  type Notation,
  numberType,
  PathError,
  quote,
  quoteCharacter,
  stringType,
  type Type,
  type Value,
} from "../../cty/index.ts";
import { argumentFault, FunctionError } from "../core/function.ts";
import { type FormatVerb, parseFormat } from "./format-verb.ts";
import { graphemes } from "./graphemes.ts";

/**
 * Puts values into a format with verbs like those of Go's `fmt`: go-cty's `stdlib/format.go`.
 * @throws {FunctionError} for a faulty format and for values that do not fit it, too few or too many.
 */
export function formatValues(format: string, values: readonly Value[]): string {
  let [text, highest] = ["", 0];
  for (const part of parseFormat(format)) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    highest = Math.max(highest, part.argument);
    text += formatOne(part, values);
  }
  if (highest >= values.length) return text;
  const reason = highest === 0 ? "no verbs in format string" : `only ${highest} used by format string`;
  throw argumentFault(highest + 1, `too many arguments; ${reason}`);
}

function formatOne(verb: FormatVerb, values: readonly Value[]): string {
  const value = values[verb.argument - 1];
  const place = `${quote(verb.raw)} at ${verb.offset}`;
  if (value === undefined) {
    const need = `need index ${verb.argument} but have ${values.length} total`;
    throw new FunctionError(`not enough arguments for ${place}: ${need}`);
  }
  if (value.isNull && verb.mode !== "v") {
    throw new FunctionError(`unsupported value for ${place}: null value cannot be formatted`);
  }
  try {
    return formatValue(verb, value);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new FunctionError(`unsupported value for ${place}: ${error.message}`, { cause: error });
  }
}

function formatValue(verb: FormatVerb, value: Value): string {
  switch (verb.mode) {
    case "v":
      return padded(verb, plainText(verb, value));
    case "t":
      return String(convert(value, boolType).asBool());
    case "b":
    case "d":
    case "o":
    case "x":
    case "X":
      return formatInteger(verb, numberOf(value));
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return formatNumber(verb, verb.mode, numberOf(value));
    case "s":
      return padded(verb, shortened(verb, convert(value, stringType).asString()));
    case "q":
      return padded(verb, encodeJsonString(shortened(verb, convert(value, stringType).asString())));
    default: {
      const place = `${quoteCharacter(verb.mode)} in ${quote(verb.raw)} at offset ${verb.offset}`;
      throw new FunctionError(`unsupported format verb ${place}`);
    }
  }
}

function numberOf(value: Value): BigFloat {
  return convert(value, numberType).asNumber();
}

function plainText(verb: FormatVerb, value: Value): string {
  const type: Type = value.type;
  if (!value.isNull && !verb.flags.includes("#")) {
    if (type.kind === "string") return value.asString();
    if (type.kind === "number") return formatBigFloat(value.asNumber(), "g", -1);
  }
  return encodeJson(value);
}

function shortened(verb: FormatVerb, text: string): string {
  // A precision of 0 does not shorten, in go-cty.
  return verb.precision === undefined || verb.precision === 0
    ? text
    : graphemes(text).slice(0, verb.precision).join("");
}

function padded(verb: FormatVerb, text: string): string {
  const missing = (verb.width ?? 0) - graphemes(text).length;
  if (missing <= 0) return text;
  const padding = (verb.flags.includes("0") ? "0" : " ").repeat(missing);
  return verb.flags.includes("-") ? text + padding : padding + text;
}

const bases: Readonly<Record<string, { readonly base: number; readonly prefix: string }>> = {
  b: { base: 2, prefix: "0b" },
  o: { base: 8, prefix: "0" },
  d: { base: 10, prefix: "" },
  x: { base: 16, prefix: "0x" },
  X: { base: 16, prefix: "0X" },
};

/** Go's `big.Int.Format`. */
function formatInteger(verb: FormatVerb, number: BigFloat): string {
  if (!number.isInteger) throw new PathError("an integer is required");
  const integer = number.truncate();
  const { base, prefix } = bases[verb.mode] ?? { base: 10, prefix: "" };
  const digits = (integer < 0n ? -integer : integer).toString(base);
  if (integer === 0n && verb.precision === 0) return "";
  const shown = (verb.mode === "X" ? digits.toUpperCase() : digits).padStart(verb.precision ?? 0, "0");
  const lead = signOf(integer < 0n, verb) + (verb.flags.includes("#") ? prefix : "");
  const missing = Math.max(0, (verb.width ?? 0) - lead.length - shown.length);
  if (verb.flags.includes("-")) return lead + shown + " ".repeat(missing);
  if (verb.flags.includes("0") && verb.precision === undefined) return lead + "0".repeat(missing) + shown;
  return " ".repeat(missing) + lead + shown;
}

function signOf(negative: boolean, verb: FormatVerb): string {
  if (negative) return "-";
  if (verb.flags.includes("+")) return "+";
  return verb.flags.includes(" ") ? " " : "";
}

/** Go's `big.Float.Format`. */
function formatNumber(verb: FormatVerb, notation: Notation, number: BigFloat): string {
  const usual = notation === "g" || notation === "G" ? -1 : 6;
  const text = formatBigFloat(number.absolute(), notation, verb.precision ?? usual).replace("+Inf", "Inf");
  // Infinity shows its sign unless a space is asked for.
  const sign = number.infinite && !number.negative && !verb.flags.includes(" ") ? "+" : signOf(number.negative, verb);
  const missing = Math.max(0, (verb.width ?? 0) - sign.length - text.length);
  if (verb.flags.includes("0") && !number.infinite) return sign + "0".repeat(missing) + text;
  return verb.flags.includes("-") ? sign + text + " ".repeat(missing) : " ".repeat(missing) + sign + text;
}
