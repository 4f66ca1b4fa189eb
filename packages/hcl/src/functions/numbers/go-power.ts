const hugeExponent = 2 ** 63;
const largestScale = 2 ** 12;

/**
 * `x` to the power of `y` by the steps of Go's `math.Pow`, since the last bit shows in the printed number and
 * JavaScript's own power rounds otherwise.
 */
export function goPower(x: number, y: number): number {
  const special = specialPower(x, y);
  if (special !== undefined) return special;
  let whole = Math.trunc(Math.abs(y));
  let rest = Math.abs(y) - whole;
  if (rest !== 0 && x < 0) return Number.NaN;
  if (whole >= hugeExponent) return hugePower(x, y);
  let mantissa = 1;
  if (rest !== 0) {
    if (rest > 0.5) {
      rest--;
      whole++;
    }
    mantissa = Math.exp(rest * Math.log(x));
  }
  const integral = integerPower(x, whole);
  mantissa *= integral.mantissa;
  return y < 0 ? scaled(1 / mantissa, -integral.exponent) : scaled(mantissa, integral.exponent);
}

function specialPower(x: number, y: number): number | undefined {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return x === -1 ? 1 : x ** y;
  if (y === 0.5) return Math.sqrt(x);
  return y === -0.5 ? 1 / Math.sqrt(x) : undefined;
}

function hugePower(x: number, y: number): number {
  if (x === -1) return 1;
  return Math.abs(x) < 1 === y > 0 ? 0 : Number.POSITIVE_INFINITY;
}

interface Scaled {
  readonly mantissa: number;
  readonly exponent: number;
}

function integerPower(x: number, power: number): Scaled {
  let { mantissa: factor, exponent: scale } = split(x);
  let [mantissa, exponent] = [1, 0];
  for (let rest = power; rest !== 0; rest = Math.floor(rest / 2)) {
    // An overflow or underflow whatever comes; the rest would only be NaN.
    if (Math.abs(scale) > largestScale) return { mantissa, exponent: exponent + scale };
    if (rest % 2 === 1) {
      mantissa *= factor;
      exponent += scale;
    }
    factor *= factor;
    scale *= 2;
    if (factor < 0.5) {
      factor += factor;
      scale--;
    }
  }
  return { mantissa, exponent };
}

/** A mantissa of 0.5 to 1 and an exponent: C's `frexp`. */
function split(x: number): Scaled {
  let exponent = Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) + 1);
  let mantissa = scaled(x, -exponent);
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2;
    exponent--;
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return { mantissa, exponent };
}

// In two steps, since 2^exponent alone may be out of range.
function scaled(mantissa: number, exponent: number): number {
  if (Math.abs(exponent) <= 1000) return mantissa * 2 ** exponent;
  if (exponent > 2200) return mantissa * Number.POSITIVE_INFINITY;
  if (exponent < -2200) return mantissa * 0;
  const half = Math.trunc(exponent / 2);
  return mantissa * 2 ** half * 2 ** (exponent - half);
}
