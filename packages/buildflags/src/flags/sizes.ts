import { flagValueInvalid } from "../problems.ts";
import { readSize } from "../sizes.ts";

/**
 * Reads an amount of memory in bytes, units of 1024 whatever their spelling: `64m`, `1.5GiB`, `1024`.
 *
 * @param flag for messages, for instance `--shm-size`
 * @throws {Problem} `flag_value_invalid`
 */
export function parseSize(flag: string, text: string): number {
  const trimmed = text.trim();
  try {
    if (/^[\d.]/.test(trimmed) && !/^[\d.]+e[+-]?\d/i.test(trimmed)) return readSize(trimmed);
  } catch {
    // Told below, in the words of a flag.
  }
  throw flagValueInvalid(flag, text, "it is no size", "write a number with b, k, m or g, for instance 128m");
}
