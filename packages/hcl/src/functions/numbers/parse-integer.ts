const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Reads an integer to a base of 2 to 62 as Go's `big.Int.SetString`; up to base 36 letters of either case count. */
export function parseInteger(text: string, base: number): bigint | undefined {
  const digits = text.replace(/^[+-]/, "");
  if (digits === "") return undefined;
  const folded = base <= 36 ? digits.toLowerCase() : digits;
  let integer = 0n;
  for (const digit of folded) {
    const value = alphabet.indexOf(digit);
    if (value < 0 || value >= base) return undefined;
    integer = integer * BigInt(base) + BigInt(value);
  }
  return text.startsWith("-") ? -integer : integer;
}
