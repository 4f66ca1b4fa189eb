import type { BigFloat } from "./big-float.ts";
import { type Digits, exactDigits, roundedDigits, shortestDigits } from "./big-float-text.ts";

/** The notations of Go's `big.Float.Text`: with exponent, without, and whichever is shorter. */
export type Notation = "e" | "E" | "f" | "g" | "G";

/**
 * Writes a number as Go's `big.Float.Text(notation, precision)`: `precision` digits after the point, or significant
 * digits for `g`; the fewest that are read back as the same number when it is negative.
 */
export function formatBigFloat(number: BigFloat, notation: Notation, precision: number): string {
  if (number.infinite) return number.negative ? "-Inf" : "+Inf";
  const shortest = precision < 0;
  const digits = shortest
    ? shortestDigits(number)
    : roundedDigits(exactDigits(number.mantissa, number.exponent), digitsWanted(number, notation, precision));
  return (number.negative ? "-" : "") + notated(digits, notation, shortest ? undefined : precision);
}

function digitsWanted(number: BigFloat, notation: Notation, precision: number): number {
  if (notation === "e" || notation === "E") return precision + 1;
  if (notation === "f") return exactDigits(number.mantissa, number.exponent).point + precision;
  return precision === 0 ? 1 : precision;
}

function notated(digits: Digits, notation: Notation, precision: number | undefined): string {
  switch (notation) {
    case "e":
    case "E":
      return withExponent(digits, precision ?? digits.digits.length - 1, notation);
    case "f":
      return withoutExponent(digits, precision ?? Math.max(0, digits.digits.length - digits.point));
    default:
      return shorterNotation(digits, notation === "g" ? "e" : "E", precision);
  }
}

function shorterNotation(digits: Digits, letter: string, wanted: number | undefined): string {
  const count = digits.digits.length;
  const precision = wanted === undefined ? count : Math.max(1, wanted);
  const limit = precision > count && count >= digits.point ? count : precision;
  const exponent = digits.point - 1;
  if (exponent < -4 || exponent >= (wanted === undefined ? shortestLimit : limit)) {
    return withExponent(digits, Math.min(precision, count) - 1, letter);
  }
  const shown = precision > digits.point ? count : precision;
  return withoutExponent(digits, Math.max(0, shown - digits.point));
}

/** Numbers of more digits before the point than this are written with an exponent in the shortest form. */
const shortestLimit = 6;

function withExponent({ digits, point }: Digits, precision: number, letter: string): string {
  const fraction = precision > 0 ? `.${digits.slice(1, precision + 1).padEnd(precision, "0")}` : "";
  const exponent = digits === "" ? 0 : point - 1;
  const size = Math.abs(exponent).toString().padStart(2, "0");
  return `${digits.charAt(0) || "0"}${fraction}${letter}${exponent < 0 ? "-" : "+"}${size}`;
}

function withoutExponent({ digits, point }: Digits, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision === 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, "0")}`;
}
