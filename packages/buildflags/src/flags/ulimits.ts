import { isProblem, nearest } from "@opendepot/base";
import { compareBytes, cut } from "../go-text.ts";
import { flagValueInvalid } from "../problems.ts";
import { formatUlimit, readUlimit, ULIMIT_NAMES, type Ulimit } from "../ulimits.ts";

const LIMITS = /^(-?\d+)(?::(-?\d+))?$/;

/**
 * Reads `--ulimit name=soft[:hard]`; the last one of a name wins and names are sorted, as docker/cli does.
 *
 * @returns what the Dockerfile frontend takes as its `ulimit` attribute; empty when there is none
 * @throws {Problem} `flag_value_invalid`
 */
export function parseUlimits(values: readonly string[]): string {
  const byName = new Map(values.map((text) => [cut(text, "=")[0], parseUlimit(text)]));
  return [...byName.values()]
    .sort((a, b) => compareBytes(a.name, b.name))
    .map(formatUlimit)
    .join(",");
}

function parseUlimit(text: string): Ulimit {
  const [name, limits] = cut(text, "=");
  if (limits === undefined)
    throw flagValueInvalid("--ulimit", text, "it has no =", "write name=soft[:hard], as in nofile=1024:4096");
  if (!ULIMIT_NAMES.includes(name)) throw unknownLimit(text, name);
  if (!LIMITS.test(limits))
    throw flagValueInvalid("--ulimit", text, "its limits are no numbers", "write soft[:hard], -1 for none");
  try {
    return readUlimit(text);
  } catch (cause) {
    throw isProblem(cause) ? flagValueInvalid("--ulimit", text, "the soft limit is above the hard limit") : cause;
  }
}

function unknownLimit(text: string, name: string): Error {
  const close = nearest(name, ULIMIT_NAMES);
  return flagValueInvalid(
    "--ulimit",
    text,
    `there is no limit ${JSON.stringify(name)}`,
    close ? `did you mean ${close}?` : `one of ${ULIMIT_NAMES.join(", ")}`,
  );
}
