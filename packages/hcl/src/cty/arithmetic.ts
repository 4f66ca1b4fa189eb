import { BigFloat, defaultPrecision } from "./big-float.ts";

/** The product as go-cty makes it: with as many bits as it needs, at most 512. @throws {RangeError} as `BigFloat`. */
export function multiplyNumbers(a: BigFloat, b: BigFloat): BigFloat {
  const product = a.multiply(b, defaultPrecision);
  return product.withPrecision(Math.max(a.precision, b.precision, product.minimumPrecision));
}

/** The remainder of a division to the number towards zero; `a` when `b` is zero. @throws {RangeError} as `BigFloat`. */
export function moduloNumbers(a: BigFloat, b: BigFloat): BigFloat {
  if (b.isZero) return a;
  const whole = BigFloat.fromInteger(a.divide(b).truncate());
  const precision = a.precision;
  return a.subtract(b.multiply(whole.withPrecision(precision), precision)).withPrecision(precision);
}
