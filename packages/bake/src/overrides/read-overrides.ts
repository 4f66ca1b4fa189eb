import { cut, goQuote } from "@opendepot/buildflags";
import type { Definition } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { BadPattern, isPattern, matchPath } from "../text/match-path.ts";

/** What one `--set` key says about one target; repeated flags add up in `values`. */
export interface Override {
  readonly value: string;
  readonly values: readonly string[];
  readonly isAppended: boolean;
}

/** Overrides by target, then by key, in the order of the command line. */
export type Overrides = ReadonlyMap<string, ReadonlyMap<string, Override>>;

/** Looks up an environment variable; undefined where it is not set or the environment is not to be looked at. */
export type VariableLookup = (name: string) => string | undefined;

const LISTS = new Set(
  "output cache-to cache-from tags platform secrets ssh attest entitlements network annotations policy".split(" "),
);
const NAMED = new Set(["resources", "secret", "args", "contexts"]);
const NOTHING: Override = { value: "", values: [], isAppended: false };

/**
 * Reads `--set pattern.key[.name][+]=value` texts: buildx v0.36 bake `newOverrides`. What `no-cache-filter`,
 * `ulimits` and `network` are given is lost in buildx, and so it is here, since what is printed would differ.
 *
 * @param lookup where `args.NAME` without a value takes it from; undefined when the environment is not to be used
 * @throws {Problem} `bake_flag_invalid`, `bake_target_missing`
 */
export function readOverrides(
  texts: readonly string[],
  definition: Definition,
  lookup: VariableLookup | undefined,
): Overrides {
  const overrides = new Map<string, Map<string, Override>>();
  for (const text of texts) {
    const written = readKey(text);
    for (const name of expandTargets(definition, written.pattern)) {
      const ofTarget = overrides.get(name) ?? new Map<string, Override>();
      overrides.set(name, ofTarget);
      const before = ofTarget.get(written.key) ?? NOTHING;
      const override = readOverride(written, before, lookup);
      if (override !== undefined) ofTarget.set(written.key, override);
    }
  }
  return overrides;
}

interface WrittenOverride {
  readonly pattern: string;
  /** Everything after the pattern. */
  readonly key: string;
  readonly parts: readonly string[];
  /** The left side as it was written. */
  readonly left: string;
  readonly value: string | undefined;
}

function readKey(text: string): WrittenOverride {
  const [left, value] = cut(text, "=");
  const name = left.endsWith("+") ? left.slice(0, -1) : left;
  const [pattern = "", first, ...rest] = name.split(".");
  if (first === undefined) throw bakeProblem("bake_flag_invalid", `invalid override key ${name}, expected target.name`);
  if (value === undefined && first !== "args")
    throw bakeProblem("bake_flag_invalid", `invalid override ${text}, expected target.name=value`);
  const parts = rest.length > 0 ? [first, rest.join(".")] : [first];
  return { pattern, key: parts.join("."), parts, left, value };
}

function readOverride(
  { parts, left, value }: WrittenOverride,
  before: Override,
  lookup: VariableLookup | undefined,
): Override | undefined {
  const [kind = "", name] = parts;
  const isAppended = left.endsWith("+");
  if (LISTS.has(kind)) return { ...before, isAppended, values: [...before.values, value ?? ""] };
  if (NAMED.has(kind) && name === undefined) {
    const word = kind === "resources" || kind === "secret" ? kind : `${kind}`;
    throw bakeProblem("bake_flag_invalid", `invalid key ${left}, ${word} requires name`);
  }
  if ((kind === "resources" || kind === "secret") && isAppended)
    throw bakeProblem("bake_flag_invalid", `invalid key ${left}, ${kind} does not support append`);
  if (value !== undefined || lookup === undefined) return { ...before, value: value ?? before.value };
  const found = lookup(name ?? "");
  return found === undefined ? undefined : { ...before, value: found };
}

function expandTargets(definition: Definition, pattern: string): string[] {
  const names = definition.targets.map(({ name }) => name);
  if (names.includes(pattern)) return [pattern];
  const matching = names.filter((name) => matches(pattern, name));
  if (matching.length > 0) return matching;
  throw bakeProblem("bake_target_missing", `could not find any target matching '${pattern}'`);
}

function matches(pattern: string, name: string): boolean {
  try {
    return matchPath(pattern, name);
  } catch (cause) {
    if (!(cause instanceof BadPattern)) throw cause;
    const message = `could not match targets with '${pattern}': ${cause.message}`;
    throw bakeProblem("bake_flag_invalid", message, { cause });
  }
}

/**
 * The names that a word of the command line stands for: itself, or all groups and targets that match it when it is a
 * pattern.
 *
 * @throws {Problem} `bake_target_missing`
 */
export function expandNames(definition: Definition, word: string): string[] {
  if (!isPattern(word)) return [word];
  const names = [...definition.groups, ...definition.targets].map(({ name }) => name);
  const matching = names.filter((name) => {
    try {
      return matchPath(word, name);
    } catch {
      return false; // A pattern that cannot be read matches nothing here.
    }
  });
  if (matching.length > 0) return matching;
  throw bakeProblem("bake_target_missing", `could not find any target matching ${goQuote(word)}`);
}
