import { compareStrings } from "../../cty/index.ts";
import { FunctionError } from "../core/function.ts";

/** A version of three numbers and perhaps a prerelease; what follows a `+` does not count. */
export interface Version {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint];
  /** Empty for a release. */
  readonly prerelease: string;
}

const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const loose = new RegExp(`^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:-(${identifiers}))?(?:\\+${identifiers})?$`);
const largest = 2n ** 64n - 1n;

/**
 * Reads a version as Masterminds/semver v3 does: `v1.2` is 1.2.0.
 * @throws {FunctionError} with its messages.
 */
export function parseVersion(text: string): Version {
  const match = loose.exec(text);
  if (match === null) throw new FunctionError("invalid semantic version");
  const [, major = "0", minor = "0", patch = "0", prerelease = ""] = match;
  checkPrerelease(prerelease);
  return { numbers: [segment(major), segment(minor), segment(patch)], prerelease };
}

function segment(digits: string): bigint {
  const number = BigInt(digits);
  if (number <= largest) return number;
  const reason = `strconv.ParseUint: parsing "${digits}": value out of range`;
  throw new FunctionError(`error parsing version segment: ${reason}`);
}

function checkPrerelease(prerelease: string): void {
  if (prerelease.split(".").some((part) => /^0\d+$/.test(part))) {
    throw new FunctionError("version segment starts with 0");
  }
}

/** Negative, zero or positive, as `a` is older than, equal to or newer than `b`. */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const order = number - (b.numbers[at] ?? 0n);
    if (order !== 0n) return order < 0n ? -1 : 1;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** The order of prereleases, which are not the same: part by part, numbers before words. */
export function comparePrereleases(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareParts(left[at] ?? "", right[at] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? -1 : 1;
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left === undefined && right === undefined) return compareStrings(a, b) > 0 ? 1 : -1;
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
  return left > right ? 1 : -1;
}

function numberOf(part: string): bigint | undefined {
  if (!/^\d+$/.test(part)) return undefined;
  const number = BigInt(part);
  return number <= largest ? number : undefined;
}
