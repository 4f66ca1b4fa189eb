import { type Attributes, isSameAttributes, type OrderedJson, sortedEntries, withoutKeys } from "./attributes.ts";
import { readCsvFields, writeCsvFields } from "./csv-fields.ts";
import { cut, goQuote } from "./go-text.ts";
import { buildFlagInvalid } from "./problems.ts";
import { removeRepeats } from "./remove-repeats.ts";

/** A place that cache comes from or goes to: buildx v0.36 util/buildflags `CacheOptionsEntry`. */
export interface CacheEntry {
  /** For instance `registry`, `gha`, `local`, `s3`, `inline`. */
  readonly type: string;
  readonly attributes: Attributes;
}

/**
 * Reads cache entries: `type=…` fields, or image references, of which one text may hold several. Empty texts are
 * skipped.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readCacheEntries(texts: readonly string[]): CacheEntry[] {
  return texts.filter((text) => text !== "").flatMap(readCacheEntry);
}

function readCacheEntry(text: string): CacheEntry[] {
  const fields = readCsvFields(text);
  if (!text.includes("=")) return fields.flatMap((reference) => readOne(reference, readCsvFields(reference)));
  return [readOne(text, fields)];
}

function readOne(text: string, fields: readonly string[]): CacheEntry {
  const [first = ""] = fields;
  if (fields.length === 1 && !first.includes("=")) return { type: "registry", attributes: new Map([["ref", first]]) };
  const values = new Map<string, string>();
  for (const field of fields) {
    const [key, value] = cut(field, "=");
    if (value === undefined) throw buildFlagInvalid(`invalid value ${field}`);
    values.set(key.toLowerCase(), value);
  }
  return cacheEntryFromMap(values, text);
}

/**
 * Makes a cache entry of keys and values as a definition gives them.
 *
 * @param written how it stands in the definition, for the message
 * @throws {Problem} `build_flag_invalid`: it has no type
 */
export function cacheEntryFromMap(values: Attributes, written: string): CacheEntry {
  const type = values.get("type") ?? "";
  if (type === "") throw buildFlagInvalid(`type required for ${goQuote(written)}`);
  return { type, attributes: withoutKeys(values, ["type"]) };
}

/** Drops repeated entries. */
export function normalizeCacheEntries(entries: readonly CacheEntry[]): CacheEntry[] {
  return removeRepeats(entries, (a, b) => a.type === b.type && isSameAttributes(a.attributes, b.attributes));
}

/** As one line that {@link readCacheEntries} reads back. */
export function formatCacheEntry({ type, attributes }: CacheEntry): string {
  const reference = attributes.get("ref");
  if (type === "registry" && attributes.size === 1 && reference !== undefined) return reference;
  return writeCsvFields([["type", type], ...sortedEntries(attributes)]);
}

/** As `bake --print` shows it. */
export function cacheEntryToJson({ type, attributes }: CacheEntry): OrderedJson {
  return new Map(sortedEntries(new Map(attributes).set("type", type)));
}

/** What a GitHub Actions cache needs to know of the run, by the names of its attributes. */
const GHA_ATTRIBUTES = {
  token: "ACTIONS_RUNTIME_TOKEN",
  url: "ACTIONS_CACHE_URL",
  url_v2: "ACTIONS_RESULTS_URL",
} as const;

/**
 * Adds the run's token and addresses to a `type=gha` entry where it does not give them itself; other entries stay as
 * they are.
 *
 * @param environment the runner's variables; the caller decides whether to look at them
 */
export function withGithubActions(
  entry: CacheEntry,
  environment: Readonly<Record<string, string | undefined>>,
): CacheEntry {
  if (entry.type !== "gha") return entry;
  const attributes = new Map(entry.attributes);
  for (const [key, variable] of Object.entries(GHA_ATTRIBUTES)) {
    const value = environment[variable];
    if (!attributes.has(key) && value !== undefined && value !== "") attributes.set(key, value);
  }
  return { type: entry.type, attributes };
}
