import type { BigFloat, Value } from "../../cty/index.ts";
import { FunctionError } from "./function.ts";

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/** A number argument as a 64-bit integer: go-cty's conversion to Go's `int`. @throws {FunctionError} */
export function integerOf(value: Value): bigint {
  const number = value.asNumber();
  if (number.isInteger && isSmall(number)) {
    const integer = number.truncate();
    if (integer >= smallest && integer <= largest) return integer;
  }
  throw new FunctionError(`value must be a whole number, between ${smallest} and ${largest}`);
}

// Keeps numbers like 1e1000000 from being written out.
function isSmall(number: BigFloat): boolean {
  return number.isZero || Math.abs(number.toNumber()) <= 2 ** 63;
}

/**
 * A number argument as an integer for positions and sizes. Beyond 2^53 it is not exact, which no position or size
 * can tell. @throws {FunctionError}
 */
export function positionOf(value: Value): number {
  return Number(integerOf(value));
}

/** A number argument as a double. @throws {FunctionError} for one that is finite and too large for a double. */
export function doubleOf(value: Value): number {
  const number = value.asNumber();
  const double = number.toNumber();
  if (Number.isFinite(double) || number.infinite) return double;
  const limit = `${BigInt(Number.MAX_VALUE)}.000000`;
  throw new FunctionError(`value must be between -${limit} and ${limit} inclusive`);
}

/** What go-cty reports of a fault in a function that it did not foresee, without Go's stack. */
export function panic(message: string): FunctionError {
  return new FunctionError(`panic in function implementation: ${message}`);
}
