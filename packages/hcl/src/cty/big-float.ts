/** What {@link BigFloat} is made of. */
interface Parts {
  readonly negative: boolean;
  /** Not negative, at most `precision` bits. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
  readonly infinite: boolean;
}

/**
 * Numbers of more bits before or behind the point overflow to infinity or to zero. Go's own limit of 2^31 would let a
 * short expression fill the memory with digits.
 */
const largestExponent = 2 ** 18;

/** The precision of numbers that are written down or read: go-cty's. */
export const defaultPrecision = 512;

/**
 * A binary floating-point number of any precision, immutable, rounding to nearest even: Go's `big.Float`.
 *
 * The value is `mantissa × 2^exponent`. A result has the larger precision of its operands, as in Go, because the
 * precision decides how many digits are printed.
 */
export class BigFloat implements Parts {
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
  /** Bits. Numbers that are written down have {@link defaultPrecision}, integers of a program 64. */
  readonly precision: number;
  readonly infinite: boolean;

  private constructor(parts: Parts) {
    this.negative = parts.negative;
    this.mantissa = parts.mantissa;
    this.exponent = parts.exponent;
    this.precision = parts.precision;
    this.infinite = parts.infinite;
  }

  /** An integer, exactly; of 64 bits precision, or more where it needs more. */
  static fromInteger(integer: number | bigint): BigFloat {
    const signed = BigInt(integer);
    const mantissa = signed < 0n ? -signed : signed;
    const precision = Math.max(64, mantissa < 1n << 64n ? 0 : bitLength(mantissa));
    return new BigFloat({ negative: signed < 0n, mantissa, exponent: 0, precision, infinite: false });
  }

  /** A double, exactly, of 53 bits precision; not NaN. */
  static fromNumber(number: number): BigFloat {
    const negative = number < 0 || Object.is(number, -0);
    if (!Number.isFinite(number)) return BigFloat.infinity(negative);
    let exponent = 0;
    let rest = Math.abs(number);
    while (!Number.isInteger(rest)) {
      rest *= 2;
      exponent--;
    }
    return BigFloat.rounded(negative, BigInt(rest), exponent, 53);
  }

  static infinity(negative: boolean): BigFloat {
    return new BigFloat({ negative, mantissa: 0n, exponent: 0, precision: 53, infinite: true });
  }

  /**
   * `mantissa × 2^exponent`, rounded to `precision` bits; infinity or zero when it is out of all bounds. `sticky`: it
   * is a little more than that.
   */
  static rounded(negative: boolean, mantissa: bigint, exponent: number, precision: number, sticky = false): BigFloat {
    const size = bitLength(mantissa);
    if (Math.abs(exponent + size) > largestExponent && mantissa !== 0n) {
      return exponent > 0 ? BigFloat.infinity(negative) : BigFloat.rounded(negative, 0n, 0, precision);
    }
    const excess = size - precision;
    if (excess <= 0) return new BigFloat({ negative, mantissa, exponent, precision, infinite: false });
    const kept = roundOff(mantissa, excess, sticky);
    return new BigFloat({ negative, mantissa: kept, exponent: exponent + excess, precision, infinite: false });
  }

  get isZero(): boolean {
    return this.mantissa === 0n && !this.infinite;
  }

  /** -1, 0 or 1. */
  get sign(): number {
    if (this.isZero) return 0;
    return this.negative ? -1 : 1;
  }

  /** The same number with another precision, rounded when it does not fit. */
  withPrecision(precision: number): BigFloat {
    if (precision === this.precision) return this;
    if (this.infinite) return new BigFloat({ ...this.#parts(), precision });
    return BigFloat.rounded(this.negative, this.mantissa, this.exponent, precision);
  }

  negate(): BigFloat {
    return new BigFloat({ ...this.#parts(), negative: !this.negative });
  }

  absolute(): BigFloat {
    return this.negative ? this.negate() : this;
  }

  /** @throws {RangeError} for infinities of opposite sign. */
  add(other: BigFloat): BigFloat {
    const precision = Math.max(this.precision, other.precision);
    if (this.infinite || other.infinite) {
      if (this.infinite && other.infinite && this.negative !== other.negative) throw notANumber();
      return this.infinite ? this : other;
    }
    const exponent = Math.min(this.exponent, other.exponent);
    const sum = this.#signedAt(exponent) + other.#signedAt(exponent);
    const negative = sum === 0n ? this.negative && other.negative && this.isZero && other.isZero : sum < 0n;
    return BigFloat.rounded(negative, sum < 0n ? -sum : sum, exponent, precision);
  }

  subtract(other: BigFloat): BigFloat {
    return this.add(other.negate());
  }

  /** The product, of `precision` bits. @throws {RangeError} for zero times infinity. */
  multiply(other: BigFloat, precision: number = Math.max(this.precision, other.precision)): BigFloat {
    const negative = this.negative !== other.negative;
    if (this.infinite || other.infinite) {
      if (this.isZero || other.isZero) throw notANumber();
      return BigFloat.infinity(negative);
    }
    return BigFloat.rounded(negative, this.mantissa * other.mantissa, this.exponent + other.exponent, precision);
  }

  /** The quotient; infinite when `other` is zero. @throws {RangeError} for 0/0 and infinity/infinity. */
  divide(other: BigFloat, precision: number = Math.max(this.precision, other.precision)): BigFloat {
    const negative = this.negative !== other.negative;
    if (this.infinite || other.isZero) {
      if (this.infinite === other.infinite && this.isZero === other.isZero) throw notANumber();
      return BigFloat.infinity(negative);
    }
    if (other.infinite || this.isZero) return BigFloat.rounded(negative, 0n, 0, precision);
    const shift = Math.max(0, precision + 2 + bitLength(other.mantissa) - bitLength(this.mantissa));
    const dividend = this.mantissa << BigInt(shift);
    const quotient = dividend / other.mantissa;
    const sticky = quotient * other.mantissa !== dividend;
    return BigFloat.rounded(negative, quotient, this.exponent - other.exponent - shift, precision, sticky);
  }

  /** Negative, zero or positive, as this is less than, equal to or greater than the other. */
  compare(other: BigFloat): number {
    if (this.infinite || other.infinite) return infiniteSign(this) - infiniteSign(other);
    if (this.sign !== other.sign) return this.sign - other.sign;
    if (this.exponent === other.exponent && !this.negative) return compareIntegers(this.mantissa, other.mantissa);
    // Sizes first, so that numbers far apart are not written out in full.
    const size = this.#topBit() - other.#topBit();
    if (size !== 0) return size * this.sign;
    const exponent = Math.min(this.exponent, other.exponent);
    return compareIntegers(this.#signedAt(exponent), other.#signedAt(exponent));
  }

  /** The number without its fraction. */
  truncate(): bigint {
    if (this.infinite) throw new RangeError("an infinite number has no integer part");
    const whole = this.exponent >= 0 ? this.mantissa << BigInt(this.exponent) : this.mantissa >> BigInt(-this.exponent);
    return this.negative ? -whole : whole;
  }

  get isInteger(): boolean {
    if (this.infinite) return false;
    if (this.exponent >= 0) return true;
    const fraction = BigInt(-this.exponent);
    return (this.mantissa >> fraction) << fraction === this.mantissa;
  }

  /** The fewest bits that hold the number exactly: Go's `MinPrec`. */
  get minimumPrecision(): number {
    if (this.mantissa === 0n) return 0;
    return bitLength(this.mantissa) - trailingZeroBits(this.mantissa);
  }

  /** The nearest double. */
  toNumber(): number {
    if (this.infinite) return this.negative ? -Infinity : Infinity;
    const size = this.mantissa === 0n ? 0 : this.#topBit();
    if (size > 1025) return this.negative ? -Infinity : Infinity;
    if (size < -1080) return this.negative ? -0 : 0;
    const magnitude = nearestDouble(this.mantissa, this.exponent);
    return this.negative ? -magnitude : magnitude;
  }

  #parts(): Parts {
    const { negative, mantissa, exponent, precision, infinite } = this;
    return { negative, mantissa, exponent, precision, infinite };
  }

  #signedAt(exponent: number): bigint {
    const shifted = exponent === this.exponent ? this.mantissa : this.mantissa << BigInt(this.exponent - exponent);
    return this.negative ? -shifted : shifted;
  }

  #topBit(): number {
    return bitLength(this.mantissa) + this.exponent;
  }
}

/** The number of bits of a non-negative integer; 0 for 0. */
export function bitLength(integer: bigint): number {
  if (integer < 0x1_0000_0000n) return 32 - Math.clz32(Number(integer));
  const hex = integer.toString(16);
  return (hex.length - 1) * 4 + 32 - Math.clz32(Number.parseInt(hex.charAt(0), 16));
}

function trailingZeroBits(integer: bigint): number {
  const lowest = integer & -integer;
  return bitLength(lowest) - 1;
}

// Drops `bits` low bits, to nearest, ties to even. The result may have one bit more, which is then a power of two.
function roundOff(mantissa: bigint, bits: number, sticky: boolean): bigint {
  const kept = mantissa >> BigInt(bits);
  const dropped = mantissa - (kept << BigInt(bits));
  const half = 1n << BigInt(bits - 1);
  const up = dropped > half || (dropped === half && (sticky || (kept & 1n) === 1n));
  return up ? kept + 1n : kept;
}

// Scaling a double by a power of two is exact unless the result is subnormal; there, bits go first.
function nearestDouble(mantissa: bigint, exponent: number): number {
  const keep = Math.min(53, bitLength(mantissa) + exponent + 1074);
  if (keep < 0) return 0;
  const excess = bitLength(mantissa) - keep;
  const [kept, scale] = excess > 0 ? [roundOff(mantissa, excess, false), exponent + excess] : [mantissa, exponent];
  return scale < -1000
    ? Number(kept) * 2 ** -1000 * 2 ** (scale + 1000)
    : Number(kept) * 2 ** Math.min(scale, 1023) * 2 ** Math.max(0, scale - 1023);
}

function infiniteSign(number: BigFloat): number {
  if (!number.infinite) return 0;
  return number.negative ? -1 : 1;
}

function compareIntegers(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function notANumber(): RangeError {
  return new RangeError("the result is not a number");
}
