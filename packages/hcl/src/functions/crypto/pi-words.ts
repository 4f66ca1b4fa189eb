/** The first `count` 32-bit words of the fraction of π, which is what Blowfish's tables are made of. */
export function piWords(count: number): Uint32Array {
  const guard = 64n;
  const bits = BigInt(count) * 32n + guard;
  // Machin's formula.
  const pi = 4n * (4n * inverseTangent(5n, bits) - inverseTangent(239n, bits));
  const fraction = (pi >> guard) & ((1n << (bits - guard)) - 1n);
  const hex = fraction.toString(16).padStart(count * 8, "0");
  return Uint32Array.from({ length: count }, (_, at) => Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16));
}

/** arctan(1/x) × 2^bits. */
function inverseTangent(x: bigint, bits: bigint): bigint {
  let power = (1n << bits) / x;
  let sum = power;
  for (let odd = 3n; power !== 0n; odd += 2n) {
    power /= -(x * x);
    sum += power / odd;
  }
  return sum;
}
