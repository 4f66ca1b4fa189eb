import { invalidModel } from "./problems.ts";
import type { ComposeExtensions } from "./project.ts";
import { type ComposeMapping, type ComposeValue, compareText, goPrint, isMapping, Timestamp } from "./value.ts";

/** What `x-bake` under `build` adds; lists are empty and flags undefined where it says nothing. */
export interface BakeExtension {
  readonly tags: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
  readonly platforms: readonly string[];
  readonly outputs: readonly string[];
  readonly pull: boolean | undefined;
  readonly noCache: boolean | undefined;
  readonly noCacheFilter: readonly string[];
  readonly contexts: ReadonlyMap<string, string>;
}

/**
 * Reads `x-bake` as buildx v0.36 does (`bake/compose.go`, `xbake`): a list, or a text that is split at white space;
 * other keys are ignored. Undefined without `x-bake`.
 *
 * @throws {Problem} `compose_invalid` in go-yaml v3's words, with the line that the value has when `x-bake` alone is
 * written as YAML
 */
export function readBakeExtension(extensions: ComposeExtensions): BakeExtension | undefined {
  const value = extensions.get("x-bake");
  if (value === undefined || value === null) return undefined;
  if (!isMapping(value)) throw unfit([`line 1: cannot unmarshal ${describe(value)} into bake.xbake`]);
  const reader = new ExtensionReader(value);
  const extension: BakeExtension = {
    tags: reader.texts("tags"),
    cacheFrom: reader.texts("cache-from"),
    cacheTo: reader.texts("cache-to"),
    secrets: reader.texts("secret"),
    ssh: reader.texts("ssh"),
    platforms: reader.texts("platforms"),
    outputs: reader.texts("output"),
    pull: reader.flag("pull"),
    noCache: reader.flag("no-cache"),
    noCacheFilter: reader.texts("no-cache-filter"),
    contexts: reader.map("contexts"),
  };
  reader.finish();
  return extension;
}

/**
 * The project that `x-depot` names with `project-id`; undefined without.
 *
 * @throws {Problem} `compose_invalid` when it is not a text
 */
export function readDepotProject(extensions: ComposeExtensions): string | undefined {
  const value = extensions.get("x-depot");
  const project = isMapping(value) ? value.get("project-id") : undefined;
  if (project === undefined || project === null) return undefined;
  if (isMapping(project) || Array.isArray(project)) throw invalidModel("x-depot.project-id must be a string");
  return goPrint(project);
}

class ExtensionReader {
  private readonly mapping: ComposeMapping;
  private readonly errors: { readonly line: number; readonly message: string }[] = [];

  constructor(mapping: ComposeMapping) {
    this.mapping = mapping;
  }

  texts(key: string): readonly string[] {
    const value = this.mapping.get(key) ?? null;
    if (value === null) return [];
    if (Array.isArray(value)) {
      const isPlain = value.every((item) => !isMapping(item) && !Array.isArray(item));
      if (isPlain) return value.map(scalarText);
    }
    if (!isMapping(value) && !Array.isArray(value))
      return scalarText(value)
        .split(/\s+/)
        .filter((part) => part !== "");
    this.report(valueLine(this.mapping, key), `cannot unmarshal ${describe(value)} into string`);
    return [];
  }

  flag(key: string): boolean | undefined {
    const value = this.mapping.get(key) ?? null;
    if (value === null || typeof value === "boolean") return value ?? undefined;
    if (typeof value === "string" && /^(?:y|yes|on)$/i.test(value)) return true;
    if (typeof value === "string" && /^(?:n|no|off)$/i.test(value)) return false;
    this.report(valueLine(this.mapping, key), `cannot unmarshal ${describe(value)} into bool`);
    return undefined;
  }

  map(key: string): ReadonlyMap<string, string> {
    const value = this.mapping.get(key) ?? null;
    const texts = new Map<string, string>();
    if (value === null) return texts;
    if (!isMapping(value)) {
      this.report(valueLine(this.mapping, key), `cannot unmarshal ${describe(value)} into bake.stringMap`);
      return texts;
    }
    for (const [name, item] of value) {
      if (isMapping(item) || Array.isArray(item)) {
        const line = valueLine(this.mapping, key) - 1 + valueLine(value, name);
        this.report(line, `cannot unmarshal ${describe(item)} into string`);
      } else texts.set(name, scalarText(item));
    }
    return texts;
  }

  finish(): void {
    if (this.errors.length === 0) return;
    const ordered = this.errors.toSorted((a, b) => a.line - b.line);
    throw unfit(ordered.map(({ line, message }) => `line ${line}: ${message}`));
  }

  private report(line: number, message: string): void {
    this.errors.push({ line, message });
  }
}

function unfit(lines: readonly string[]): Error {
  return invalidModel(`yaml: unmarshal errors:\n  ${lines.join("\n  ")}`);
}

function scalarText(value: ComposeValue): string {
  if (value === null) return "";
  return value instanceof Timestamp ? value.rfc3339 : goPrint(value);
}

function describe(value: ComposeValue): string {
  if (isMapping(value)) return "!!map";
  if (Array.isArray(value)) return "!!seq";
  const text = scalarText(value);
  const shown = text.length > 10 ? `${text.slice(0, 7)}...` : text;
  return `${typeof value === "string" ? "!!str" : typeof value === "bigint" ? "!!int" : "!!float"} \`${shown}\``;
}

/** The line where a key's value begins when the mapping is written with its keys in order. */
function valueLine(mapping: ComposeMapping, key: string): number {
  let line = 1;
  for (const name of [...mapping.keys()].sort(compareText)) {
    const value = mapping.get(name) ?? null;
    if (name === key) return line + (lineCount(value) > 0 ? 1 : 0);
    line += 1 + lineCount(value);
  }
  return line;
}

/** How many lines a value takes below its key; `0` when it stands behind it. */
function lineCount(value: ComposeValue): number {
  const items = isMapping(value) ? [...value.values()] : Array.isArray(value) ? value : undefined;
  if (items === undefined) return typeof value === "string" ? value.split("\n").length - 1 : 0;
  const isList = Array.isArray(value);
  return items.reduce<number>((sum, item) => {
    const lines = lineCount(item);
    return sum + (isList && lines > 0 ? lines : 1 + lines);
  }, 0);
}
