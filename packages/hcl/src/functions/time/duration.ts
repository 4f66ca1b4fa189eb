import { FunctionError } from "../core/function.ts";

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const limit = 2n ** 63n;

/**
 * Reads a duration as Go's `time.ParseDuration` does, in nanoseconds: `1h30m`, `-1.5s`.
 * @throws {FunctionError} with Go's messages.
 */
export function parseDuration(text: string): bigint {
  const negative = text.startsWith("-");
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0n;
  if (rest === "") throw invalid("invalid duration", text);
  let total = 0n;
  while (rest !== "") {
    const match = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest);
    const [part = "", whole = "", fraction = "", unit = ""] = match ?? [];
    if (whole === "" && fraction === "") throw invalid("invalid duration", text);
    if (unit === "") throw invalid("missing unit in duration", text);
    const size = units[unit];
    if (size === undefined) throw invalid(`unknown unit ${goTimeQuote(unit)} in duration`, text);
    total += nanoseconds(whole, fraction, size);
    if (total > limit || (total === limit && !negative)) throw invalid("invalid duration", text);
    rest = rest.slice(part.length);
  }
  return negative ? -total : total;
}

function nanoseconds(whole: string, fraction: string, size: number): bigint {
  const exact = BigInt(whole === "" ? 0 : whole) * BigInt(size);
  if (fraction === "") return exact;
  // Go counts the fraction in floating point, with the digits that an int64 takes.
  let [digits, scale] = [0n, 1];
  for (const digit of fraction) {
    const more = digits * 10n + BigInt(digit);
    if (more > limit) break;
    digits = more;
    scale *= 10;
  }
  return exact + BigInt(Math.trunc(Number(digits) * (size / scale)));
}

function invalid(reason: string, text: string): FunctionError {
  return new FunctionError(`time: ${reason} ${goTimeQuote(text)}`);
}

/** The quoting of Go's `time` package: everything beyond ASCII byte by byte. */
function goTimeQuote(text: string): string {
  const shown = Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") return `\\${character}`;
    return byte >= 0x20 && byte < 0x80 ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${shown.join("")}"`;
}
