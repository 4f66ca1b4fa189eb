import { isProblem } from "@opendepot/base";
import type { OrderedJson } from "./attributes.ts";
import { cut, goQuote, readGoInt } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";
import { readSize } from "./sizes.ts";

const NUMBERS = ["cpu-shares", "cpu-period", "cpu-quota"] as const;

/** The names of resources in the order in which they are printed. */
export const RESOURCE_NAMES = [
  "memory",
  "memory-swap",
  "cpu-shares",
  "cpu-period",
  "cpu-quota",
  "cpuset-cpus",
  "cpuset-mems",
] as const;

/** One of {@link RESOURCE_NAMES}. */
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** Limits of each step of a build: buildx v0.36 util/buildflags `ResourcesConfig`. The `cpu-` ones are numbers. */
export type Resources = ReadonlyMap<ResourceName, string | bigint>;

/** Tells whether a resource is a number rather than a text. */
export function isNumericResource(name: ResourceName): boolean {
  return NUMBERS.some((other) => other === name);
}

/**
 * Adds one resource, as `--set target.resources.NAME=VALUE` does.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function withResource(resources: Resources, name: string, value: string): Resources {
  const known = RESOURCE_NAMES.find((other) => other === name);
  if (known === undefined) throw buildFlagInvalid(`unknown resources key ${name}`);
  if (!isNumericResource(known)) return new Map(resources).set(known, value);
  try {
    return new Map(resources).set(known, readGoInt(value));
  } catch (cause) {
    throw buildFlagInvalid(`invalid value ${value} for int64 key resources.${name}`, cause);
  }
}

/** Both together; the second one's values win. */
export function mergeResources(first: Resources, second: Resources): Resources {
  return new Map([...first, ...second]);
}

/** As `bake --print` shows them. */
export function resourcesToJson(resources: Resources): OrderedJson {
  const present = RESOURCE_NAMES.flatMap((name): Array<[string, OrderedJson]> => {
    const value = resources.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Map(present);
}

/**
 * Reads repeated `--resource name=value` flags; the last one of a name wins.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readResources(texts: readonly string[]): Resources {
  const found = new Map<ResourceName, string | bigint>();
  for (const text of texts) {
    const [key, rest] = cut(text, "=");
    if (rest === undefined) throw buildFlagInvalid(`invalid resource ${goQuote(text)}, expected key=value`);
    const [name, value] = [key.trim(), rest.trim()];
    const known = RESOURCE_NAMES.find((other) => other === name);
    if (known === undefined) throw buildFlagInvalid(`unknown resource ${goQuote(name)}`);
    found.set(known, checkResource(known, value));
  }
  return found;
}

/**
 * Checks one resource's value: build.ParseResourceLimits of buildx.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function checkResource(name: ResourceName, value: string): string | bigint {
  try {
    if (isNumericResource(name)) return readGoInt(value);
    const isSize = name === "memory" || (name === "memory-swap" && value !== "-1");
    if (isSize) readSize(value);
    return value;
  } catch (cause) {
    if (!isProblem(cause)) throw cause;
    throw buildFlagInvalid(`invalid value ${goQuote(value)} for resource ${name}: ${cause.message}`, cause);
  }
}
