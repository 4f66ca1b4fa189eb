import { FunctionError } from "../core/function.ts";
import { comparePrereleases, compareVersions, parseVersion, type Version } from "./semver.ts";

/** One comparison with a version whose last numbers may be left open: `~1.2`, `>=1.x`. */
interface Constraint {
  readonly operator: string;
  readonly version: Version;
  /** How many of the three numbers are given. */
  readonly given: number;
}

const operators = "=>|>=|=<|<=|!=|~>|=|>|<|~|\\^|";
const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const number = "[0-9xX*|]+";
const pattern = `v?${number}(?:\\.${number})?(?:\\.${number})?(?:-${identifiers})?(?:\\+${identifiers})?`;
const one = new RegExp(
  `^\\s*(${operators})\\s*v?(${number})(?:\\.(${number}))?(?:\\.(${number}))?(-${identifiers})?(?:\\+${identifiers})?\\s*$`,
);
const range = new RegExp(`\\s*(${pattern})\\s+-\\s+(${pattern})\\s*`, "g");
const find = new RegExp(`(?:${operators})\\s*(?:${pattern})`, "g");
const item = `(?:${operators})\\s*(?:${pattern})\\s*`;
const valid = new RegExp(`^\\s*${item}(?:(?:\\s+|,\\s*)${item})*$`);

/**
 * Whether a version meets a constraint of Masterminds/semver v3: comparisons joined by commas or spaces, those
 * joined by `||`. Prereleases count only where the constraint names one.
 * @throws {FunctionError} for a version or constraint that is none.
 */
export function satisfiesConstraint(versionText: string, constraintText: string): boolean {
  const version = parseVersion(versionText);
  const alternatives = constraintText.replace(range, ">= $1, <= $2 ").split("||").map(parseAlternative);
  return alternatives.some((constraints) => {
    const prereleases = constraints.some((constraint) => constraint.version.prerelease !== "");
    if (version.prerelease !== "" && !prereleases) return false;
    return constraints.every((constraint) => isMet(constraint, version));
  });
}

function parseAlternative(text: string): readonly Constraint[] {
  if (!valid.test(text)) throw new FunctionError(`improper constraint: ${text}`);
  return (text.match(find) ?? [text]).map(parseConstraint);
}

function parseConstraint(text: string): Constraint {
  const match = one.exec(text);
  if (match === null) throw new FunctionError(`improper constraint: ${text}`);
  const [, operator = "", major, minor, patch, prerelease = ""] = match;
  const numbers = [major, minor, patch];
  const open = numbers.findIndex((part) => part === undefined || /^[xX*]$/.test(part));
  const given = open < 0 ? 3 : open;
  const filled = numbers.map((part, at) => (at < given ? part : "0"));
  try {
    return { operator, version: parseVersion(filled.join(".") + prerelease), given };
  } catch (error) {
    throw new FunctionError("constraint parser error", { cause: error });
  }
}

function isMet(constraint: Constraint, version: Version): boolean {
  const order = compareVersions(version, constraint.version);
  switch (constraint.operator) {
    case "!=":
      return differs(constraint, version, order);
    case ">":
      return isNewer(constraint, version, order);
    case "<":
      return order < 0;
    case ">=":
    case "=>":
      return order >= 0;
    case "<=":
    case "=<":
      return isNotNewer(constraint, version, order);
    case "~":
    case "~>":
      return isLike(constraint, version, order);
    case "^":
      return isCompatible(constraint, version, order);
    default:
      return constraint.given < 3 ? isLike(constraint, version, order) : order === 0;
  }
}

/** Whether the first numbers of the version are those of the constraint. */
function agrees({ version: { numbers } }: Constraint, version: Version, count: number): boolean {
  return numbers.slice(0, count).every((part, at) => part === version.numbers[at]);
}

function differs(constraint: Constraint, version: Version, order: number): boolean {
  const { given } = constraint;
  if (given === 3) return order !== 0;
  // Without any number, 0 is compared with.
  if (!agrees(constraint, version, given === 0 ? 1 : given)) return true;
  if (given === 1) return false;
  if (given === 0) return !agrees(constraint, version, 3);
  const [own, other] = [constraint.version.prerelease, version.prerelease];
  return own !== other && comparePrereleases(other, own) !== 0;
}

function isNewer(constraint: Constraint, version: Version, order: number): boolean {
  const { given } = constraint;
  const [major, minor] = version.numbers;
  const [ownMajor, ownMinor] = constraint.version.numbers;
  if (given === 3) return order > 0;
  if (major !== ownMajor) return major > ownMajor;
  if (given === 1) return false;
  return given === 2 ? minor > ownMinor : order > 0;
}

function isNotNewer(constraint: Constraint, version: Version, order: number): boolean {
  const [major, minor] = version.numbers;
  const [ownMajor, ownMinor] = constraint.version.numbers;
  if (constraint.given === 3) return order <= 0;
  if (major > ownMajor) return false;
  return !(major === ownMajor && minor > ownMinor && constraint.given !== 1);
}

function isLike(constraint: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false;
  const { given } = constraint;
  // Nothing given, or 0.0.0, lets everything pass.
  if (given !== 1 && given !== 2 && constraint.version.numbers.every((part) => part === 0n)) return true;
  return agrees(constraint, version, given === 1 ? 1 : 2);
}

function isCompatible(constraint: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false;
  const { given } = constraint;
  const [ownMajor, ownMinor] = constraint.version.numbers;
  if (ownMajor > 0n || given === 1) return agrees(constraint, version, 1);
  if (version.numbers[0] > 0n) return false;
  if (ownMinor > 0n || given === 2) return agrees(constraint, version, 2);
  if (version.numbers[1] > 0n) return false;
  return agrees(constraint, version, 3);
}
