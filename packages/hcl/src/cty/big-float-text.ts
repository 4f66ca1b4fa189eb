import { BigFloat, bitLength, defaultPrecision } from "./big-float.ts";

const decimal = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:([eEpP])([+-]?\d+))?$/;
const infinity = /^([+-]?)[Ii]nf$/;

/**
 * Reads a decimal number as Go's `big.ParseFloat` does, to 512 bits: `12`, `.5`, `1e3`, `1p3`, `Inf`; no spaces,
 * underscores or other bases. Undefined for anything else.
 */
export function parseBigFloat(text: string): BigFloat | undefined {
  const endless = infinity.exec(text);
  if (endless !== null) return BigFloat.infinity(endless[1] === "-").withPrecision(defaultPrecision);
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const fraction = match[3] ?? match[4] ?? "";
  const mantissa = BigInt((match[2] ?? "") + fraction);
  const negative = match[1] === "-";
  if (mantissa === 0n) return BigFloat.rounded(negative, 0n, 0, defaultPrecision);
  const exponent = Number(match[6] ?? 0);
  const binary = match[5] === "p" || match[5] === "P";
  return scaled({
    negative,
    mantissa,
    twos: exponent - fraction.length,
    fives: (binary ? 0 : exponent) - fraction.length,
  });
}

/** `mantissa × 2^twos × 5^fives`, in the steps of Go's `Float.scan`, which decide the last bit. */
function scaled(parts: { negative: boolean; mantissa: bigint; twos: number; fives: number }): BigFloat | undefined {
  const { negative, mantissa, twos, fives } = parts;
  if (Math.abs(fives) > mostFives) return undefined;
  // Exact: Go keeps all digits until the power of five is applied.
  const exact = BigFloat.rounded(negative, mantissa, twos, Math.max(bitLength(mantissa), defaultPrecision));
  const power = powerOfFive(Math.abs(fives), defaultPrecision + 64);
  const number = fives < 0 ? exact.divide(power, defaultPrecision) : exact.multiply(power, defaultPrecision);
  return number.infinite || number.isZero ? undefined : number;
}

/** Decimal exponents beyond are out of bounds whatever digits stand before them. */
const mostFives = 2 ** 20;

// By squaring, with 64 bits more for the factors than for the result.
function powerOfFive(exponent: number, precision: number): BigFloat {
  const exact = 27;
  if (exponent <= exact) return integer(5n ** BigInt(exponent), precision);
  let power = integer(5n ** BigInt(exact), precision);
  let factor = integer(5n, precision + 64);
  for (let rest = exponent - exact; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = power.multiply(factor, precision);
    factor = factor.multiply(factor, precision + 64);
  }
  return power;
}

function integer(value: bigint, precision: number): BigFloat {
  return BigFloat.rounded(false, value, 0, precision);
}

/** The significant digits of a number, without zeros at either end: `0.digits × 10^point`. */
export interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** Writes a number in full, with the fewest digits that are read back as the same number: Go's `Text('f', -1)`. */
export function bigFloatText(number: BigFloat): string {
  if (number.infinite) return number.negative ? "-Inf" : "+Inf";
  const sign = number.negative ? "-" : "";
  if (number.exponent === 0 && number.precision >= bitLength(number.mantissa) + 1) return sign + number.mantissa;
  return sign + plainText(shortestDigits(number));
}

function plainText({ digits, point }: Digits): string {
  if (digits === "") return "0";
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits.padEnd(point, "0");
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

const fives: bigint[] = [];
const keptFives = 1024;

// Numbers with fractions ask for the same powers again and again.
function fiveTo(exponent: number): bigint {
  if (exponent >= keptFives) return 5n ** BigInt(exponent);
  const power = fives[exponent] ?? 5n ** BigInt(exponent);
  fives[exponent] = power;
  return power;
}

/** All digits of `mantissa × 2^exponent`. */
export function exactDigits(mantissa: bigint, exponent: number): Digits {
  if (mantissa === 0n) return { digits: "", point: 0 };
  const scale = exponent < 0 ? fiveTo(-exponent) : 2n ** BigInt(exponent);
  const text = (mantissa * scale).toString();
  return { digits: withoutTrailingZeros(text), point: text.length + Math.min(0, exponent) };
}

/** The fewest digits that no other number of the same precision is nearer to: Go's `roundShortest`. */
export function shortestDigits(number: BigFloat): Digits {
  const exact = exactDigits(number.mantissa, number.exponent);
  if (number.mantissa === 0n) return exact;
  // The number with its lowest bit standing for half a unit in the last place.
  const shift = number.precision + 1 - bitLength(number.mantissa);
  const mantissa = shift >= 0 ? number.mantissa << BigInt(shift) : number.mantissa >> BigInt(-shift);
  const exponent = number.exponent - shift;
  const lower = exactDigits(mantissa - 1n, exponent).digits;
  const upper = exactDigits(mantissa + 1n, exponent).digits;
  const inclusive = (mantissa & 2n) === 0n;
  for (let at = 0; at < exact.digits.length; at++) {
    const digit = digitAt(exact.digits, at);
    const below = digitAt(lower, at);
    const above = digitAt(upper, at);
    const mayFall = below !== digit || (inclusive && at + 1 === lower.length);
    const mayRise = digit !== above && (inclusive || digit + 1 < above || at + 1 < upper.length);
    if (mayFall && mayRise) return roundedDigits(exact, at + 1);
    if (mayFall) return cutDigits(exact, at + 1);
    if (mayRise) return raisedDigits(exact, at + 1);
  }
  return exact;
}

/** The number to so many digits: to nearest, ties to even. */
export function roundedDigits(exact: Digits, count: number): Digits {
  if (count < 0 || count >= exact.digits.length) return exact;
  return roundsUp(exact.digits, count) ? raisedDigits(exact, count) : cutDigits(exact, count);
}

function roundsUp(digits: string, count: number): boolean {
  const next = digitAt(digits, count);
  if (next !== 5 || count + 1 < digits.length) return next >= 5;
  return count > 0 && digitAt(digits, count - 1) % 2 === 1;
}

function cutDigits(exact: Digits, count: number): Digits {
  const digits = withoutTrailingZeros(exact.digits.slice(0, count));
  return digits === "" ? { digits, point: 0 } : { digits, point: exact.point };
}

function raisedDigits(exact: Digits, count: number): Digits {
  const kept = exact.digits.slice(0, count).replace(/9+$/, "");
  if (kept === "") return { digits: "1", point: exact.point + 1 };
  const last = digitAt(kept, kept.length - 1) + 1;
  return { digits: kept.slice(0, -1) + last, point: exact.point };
}

function digitAt(digits: string, at: number): number {
  return at < digits.length ? digits.charCodeAt(at) - 0x30 : 0;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}
