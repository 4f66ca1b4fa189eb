import { goQuote } from "./go-quote.ts";
import { type ComposeValue, compareText, goPrint, isMapping, Timestamp } from "./value.ts";

/** The JSON types that a rule can ask for. */
export type JsonType = "string" | "integer" | "number" | "boolean" | "null" | "object" | "array";

/** What a value must be like: the part of JSON Schema that compose files need. */
export interface Rule {
  readonly types?: readonly JsonType[];
  readonly properties?: Readonly<Record<string, Rule>>;
  /** Rules for keys that fit a pattern. */
  readonly patterns?: readonly (readonly [RegExp, Rule])[];
  /** Whether keys without a rule are refused. */
  readonly isClosed?: boolean;
  readonly required?: readonly string[];
  readonly items?: Rule;
  readonly isUnique?: boolean;
  /** Exactly one of these must fit. */
  readonly oneOf?: readonly Rule[];
}

interface Failure {
  readonly path: readonly string[];
  readonly specificity: number;
  readonly text: string;
}

/**
 * Checks a value and tells the most specific of its failures, worded as compose-go v2 does (`schema/schema.go`);
 * undefined when it fits.
 */
export function findSchemaFailure(value: ComposeValue, rule: Rule): string | undefined {
  const unsupported = findUnsupported(value);
  if (unsupported !== undefined) return `json: unsupported value: ${unsupported}`;
  let worst: Failure | undefined;
  for (const failure of check(value, rule, []))
    if (worst === undefined || failure.specificity > worst.specificity) worst = failure;
  return worst === undefined ? undefined : `${worst.path.join(".")} ${worst.text}`;
}

function check(value: ComposeValue, rule: Rule, path: readonly string[]): Failure[] {
  if (rule.types !== undefined && !rule.types.some((type) => hasType(value, type)))
    return [failure(path, `must be a ${describeTypes(rule.types)}`)];
  const failures: Failure[] = [];
  if (isMapping(value)) failures.push(...checkObject(value, rule, path));
  if (Array.isArray(value)) failures.push(...checkArray(value, rule, path));
  if (rule.oneOf !== undefined) failures.push(...checkOneOf(value, rule.oneOf, path));
  return failures;
}

function failure(path: readonly string[], text: string, bonus = 0): Failure {
  return { path, specificity: path.length + bonus, text };
}

function checkObject(value: ReadonlyMap<string, ComposeValue>, rule: Rule, path: readonly string[]): Failure[] {
  const failures: Failure[] = [];
  const missing = (rule.required ?? []).filter((key) => !value.has(key));
  if (missing.length === 1) failures.push(failure(path, `missing property ${quoteAll(missing)}`));
  else if (missing.length > 1) failures.push(failure(path, `missing properties ${quoteAll(missing)}`));
  const unknown: string[] = [];
  for (const [key, item] of value) {
    const rules = rulesForKey(rule, key);
    for (const keyRule of rules) failures.push(...check(item, keyRule, [...path, key]));
    if (rules.length === 0 && rule.isClosed === true) unknown.push(key);
  }
  if (unknown.length > 0)
    failures.push(failure(path, `additional properties ${quoteAll(unknown.sort(compareText))} not allowed`, 1));
  return failures;
}

function rulesForKey(rule: Rule, key: string): Rule[] {
  const own = rule.properties !== undefined && Object.hasOwn(rule.properties, key) ? rule.properties[key] : undefined;
  const byPattern = (rule.patterns ?? []).flatMap(([pattern, keyRule]) => (pattern.test(key) ? [keyRule] : []));
  return own === undefined ? byPattern : [own, ...byPattern];
}

function checkArray(value: readonly ComposeValue[], rule: Rule, path: readonly string[]): Failure[] {
  const failures: Failure[] = [];
  if (rule.isUnique === true) {
    const twins = findTwins(value);
    if (twins !== undefined) failures.push(failure(path, `items at ${twins[0]} and ${twins[1]} are equal`));
  }
  const { items } = rule;
  if (items !== undefined)
    value.forEach((item, index) => {
      failures.push(...check(item, items, [...path, String(index)]));
    });
  return failures;
}

function checkOneOf(value: ComposeValue, rules: readonly Rule[], path: readonly string[]): Failure[] {
  const failures: Failure[] = [];
  for (const rule of rules) {
    const found = check(value, rule, path);
    if (found.length === 0) return [];
    failures.push(...found);
  }
  return failures;
}

function findTwins(items: readonly ComposeValue[]): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const identity = `${typeof item} ${goPrint(item)}`;
    const first = seen.get(identity);
    if (first !== undefined) return [first, index];
    seen.set(identity, index);
  }
  return undefined;
}

function hasType(value: ComposeValue, type: JsonType): boolean {
  switch (type) {
    case "string":
      return typeof value === "string" || value instanceof Timestamp;
    case "integer":
      return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
    case "number":
      return typeof value === "bigint" || typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "object":
      return isMapping(value);
    default:
      return Array.isArray(value);
  }
}

function describeTypes(types: readonly JsonType[]): string {
  const names = types.map((type) => (type === "object" ? "mapping" : type)).sort();
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}

function quoteAll(names: readonly string[]): string {
  return names.map(quote).join(", ");
}

// As the schema library quotes: Go's escapes, then single quotes for double ones.
function quote(name: string): string {
  return `'${goQuote(name).replaceAll('\\"', '"').replaceAll("'", "\\'").slice(1, -1)}'`;
}

// The check works on JSON, which has no number for these.
function findUnsupported(value: ComposeValue): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : goPrint(value);
  const items = isMapping(value) ? [...value.values()] : Array.isArray(value) ? value : [];
  for (const item of items) {
    const found = findUnsupported(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
