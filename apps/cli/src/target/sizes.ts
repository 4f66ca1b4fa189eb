import { flagValueInvalid } from "../problems.ts";

const UNITS: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
const SIZE = /^(\d+(?:\.\d*)?|\.\d+) ?(?:(b)|([kmgtp])(?:b|ib)?)?$/i;

/**
 * Reads an amount of memory in bytes, units of 1024 whatever their spelling: `64m`, `1.5GiB`, `1024`
 * (docker/go-units `RAMInBytes`).
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function parseSize(flag: string, text: string): number {
  const match = SIZE.exec(text.trim());
  if (!match)
    throw flagValueInvalid(flag, text, "it is no size", "write a number with b, k, m or g, for instance 128m");
  const [, number = "", bytes, unit] = match;
  return Math.trunc(Number(number) * 1024 ** (UNITS[(unit ?? bytes ?? "b").toLowerCase()] ?? 0));
}
