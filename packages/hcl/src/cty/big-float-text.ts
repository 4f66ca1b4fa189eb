import type { BigFloat } from "./big-float.ts";

/**
 * Reads a decimal number as Go's `big.ParseFloat` does, to 512 bits: `12`, `.5`, `1e3`, `1p3`, `Inf`; no spaces,
 * underscores or other bases. Undefined for anything else.
 */
export function parseBigFloat(text: string): BigFloat | undefined {
  throw new Error(`to come: ${text}`);
}

/** Writes a number in full, with the fewest digits that are read back as the same number: Go's `Text('f', -1)`. */
export function bigFloatText(number: BigFloat): string {
  throw new Error(`to come: ${number.sign}`);
}
