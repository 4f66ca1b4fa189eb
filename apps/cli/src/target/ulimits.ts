import { nearest } from "@opendepot/base";
import { flagValueInvalid } from "../problems.ts";

const NAMES = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
  " ",
);
const LIMITS = /^(-?\d+)(?::(-?\d+))?$/;

/**
 * Reads `--ulimit name=soft[:hard]`; the last one of a name wins and names are sorted, as docker/cli does.
 *
 * @returns what the Dockerfile frontend takes as its `ulimit` attribute; empty when there is none
 * @throws {Problem} `flag_value_invalid`
 */
export function parseUlimits(values: readonly string[]): string {
  const byName = new Map(values.map(parseUlimit));
  return [...byName.keys()]
    .sort()
    .map((name) => `${name}=${byName.get(name)}`)
    .join(",");
}

function parseUlimit(text: string): readonly [name: string, limits: string] {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(equals, 0));
  if (equals < 0)
    throw flagValueInvalid("--ulimit", text, "it has no =", "write name=soft[:hard], as in nofile=1024:4096");
  if (!NAMES.includes(name)) throw unknownLimit(text, name);
  const [, softText = "", hardText = softText] = LIMITS.exec(text.slice(equals + 1)) ?? [];
  if (softText === "")
    throw flagValueInvalid("--ulimit", text, "its limits are no numbers", "write soft[:hard], -1 for none");
  const [soft, hard] = [BigInt(softText), BigInt(hardText)];
  if (hard !== -1n && (soft === -1n || soft > hard)) {
    throw flagValueInvalid("--ulimit", text, "the soft limit is above the hard limit");
  }
  return [name, `${soft}:${hard}`];
}

function unknownLimit(text: string, name: string): Error {
  const close = nearest(name, NAMES);
  return flagValueInvalid(
    "--ulimit",
    text,
    `there is no limit ${JSON.stringify(name)}`,
    close ? `did you mean ${close}?` : `one of ${NAMES.join(", ")}`,
  );
}
