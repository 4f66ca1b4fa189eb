import { buildFlagInvalid } from "./problems.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Puts a text in double quotes as Go's `%q` does, which is how buildx shows values in its messages. */
export function goQuote(text: string): string {
  const quoted = text.replace(
    /["\\]|[^\P{C}]|[\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
    (letter) => ESCAPES[letter] ?? goEscape(letter),
  );
  return `"${quoted}"`;
}

function goEscape(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Reads a boolean in one of the spellings of Go's `strconv.ParseBool`; undefined when it is none. */
export function parseGoBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/**
 * Like {@link parseGoBool}, with Go's words when it is none.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readGoBool(text: string, context?: string): boolean {
  const value = parseGoBool(text);
  if (value !== undefined) return value;
  const reason = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
  throw buildFlagInvalid(context === undefined ? reason : `${context}: ${reason}`);
}

/**
 * Reads a decimal 64-bit integer, with the words of Go's `strconv.ParseInt` when it is none.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readGoInt(text: string): bigint {
  const fail = (why: string) => buildFlagInvalid(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
  if (!/^[+-]?[0-9]+$/.test(text)) throw fail("invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) throw fail("value out of range");
  return value;
}

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i;
const HEX_FLOAT = /^([+-]?)0x(?=[\da-f.])([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i;
const SPECIAL = /^([+-]?)(?:inf|infinity|(nan))$/i;

/**
 * Reads a 64-bit floating point number, with the words of Go's `strconv.ParseFloat` when it is none. Infinity and
 * "not a number" can be written.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readGoFloat(text: string): number {
  const fail = (why: string) => buildFlagInvalid(`strconv.ParseFloat: parsing ${goQuote(text)}: ${why}`);
  const special = SPECIAL.exec(text);
  if (special) return special[2] ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  const number = FLOAT.test(text) ? Number(text.replaceAll("_", "")) : readHexFloat(text);
  if (number === undefined) throw fail("invalid syntax");
  if (!Number.isFinite(number)) throw fail("value out of range");
  return number;
}

function readHexFloat(text: string): number | undefined {
  const match = HEX_FLOAT.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const size = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -size : size;
}

/** Orders texts by their bytes in UTF-8, as Go sorts the keys of its maps. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  for (let at = 0; ; ) {
    const [x, y] = [a.codePointAt(at), b.codePointAt(at)];
    if (x !== y) return (x ?? -1) < (y ?? -1) ? -1 : 1;
    at += (x ?? 0) > 0xffff ? 2 : 1;
  }
}

/** Splits at the first `separator`; the second half is undefined when there is none (Go's `strings.Cut`). */
export function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
