import { type BigFloat, defaultPrecision } from "./big-float.ts";

/** The product as go-cty makes it: with as many bits as it needs, at most 512. */
export function multiplyNumbers(a: BigFloat, b: BigFloat): BigFloat {
  const product = a.multiply(b, defaultPrecision);
  return product.withPrecision(Math.max(a.precision, b.precision, product.minimumPrecision));
}

/** The remainder with the sign of `a`; `a` itself when `b` is zero. */
export function moduloNumbers(a: BigFloat, b: BigFloat): BigFloat {
  throw new Error(`to come: ${a.sign} ${b.sign}`);
}
