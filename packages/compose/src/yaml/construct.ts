import type { ComposeMapping, ComposeValue } from "../value.ts";
import { goPrint, goSyntax } from "../value.ts";
import type { AliasNode, MappingNode, ScalarNode, YamlNode } from "./node.ts";
import { resolveScalar } from "./resolve-scalar.ts";
import { YamlError } from "./yaml-error.ts";

/**
 * Turns a document's nodes into a value, as go-yaml v4 does for `any` (`internal/libyaml/constructor.go`): aliases are
 * copied, `<<` merges, a key may stand once, and documents that are mostly aliases are refused.
 *
 * @throws {YamlError} with go-yaml's message; also for keys that are not strings, in compose-go's words
 */
export function constructDocument(root: YamlNode): ComposeValue {
  const walker = new Constructor();
  const value = walker.construct(root, "");
  walker.finish();
  return value;
}

/** One problem of a document that does not end its reading. */
interface ConstructError {
  readonly line: number;
  readonly message: string;
}

class Constructor {
  private readonly errors: ConstructError[] = [];
  private keyError: YamlError | undefined;
  private readonly openAliases = new Set<AliasNode>();
  private count = 0;
  private aliasCount = 0;

  /** Throws what was noticed on the way. */
  finish(): void {
    if (this.errors.length > 0)
      throw new ConstructErrors(this.errors.map(({ line, message }) => `line ${line}: ${message}`));
    if (this.keyError !== undefined) throw this.keyError;
  }

  construct(node: YamlNode, path: string): ComposeValue {
    this.step();
    switch (node.kind) {
      case "scalar":
        return constructScalar(node);
      case "sequence":
        return node.items.map((item, index) => this.construct(item, `${path}[${index}]`));
      case "mapping": {
        const mapping: ComposeMapping = new Map();
        this.fill(mapping, { node, path, taken: new Set() });
        return mapping;
      }
      default:
        return this.throughAlias(node, (target) => this.construct(target, path));
    }
  }

  private step(): void {
    this.count += 1;
    if (this.openAliases.size > 0) this.aliasCount += 1;
    if (this.aliasCount > 100 && this.count > 1000 && this.aliasCount / this.count > allowedAliasRatio(this.count))
      throw new YamlError("yaml: document contains excessive aliasing");
  }

  private throughAlias<Result>(alias: AliasNode, use: (target: YamlNode) => Result): Result {
    if (this.openAliases.has(alias)) throw new YamlError(`yaml: anchor '${alias.name}' value contains itself`);
    this.openAliases.add(alias);
    const result = use(alias.target);
    this.openAliases.delete(alias);
    return result;
  }

  /** Own keys come first, then those of the merged mappings that are not there yet. */
  private fill(
    into: ComposeMapping,
    { node, path, taken }: { node: MappingNode; path: string; taken: Set<string> },
  ): void {
    if (this.hasDuplicates(node)) return;
    let merge: YamlNode | undefined;
    for (const [keyNode, valueNode] of node.entries) {
      if (keyNode.kind === "scalar" && keyNode.tag === "!!merge") {
        merge = valueNode;
        continue;
      }
      const key = this.constructKey(keyNode, path);
      if (taken.has(key)) continue;
      taken.add(key);
      into.set(key, this.construct(valueNode, path === "" ? key : `${path}.${key}`));
    }
    if (merge !== undefined) this.merge(into, { node: merge, path, taken });
  }

  private merge(
    into: ComposeMapping,
    { node, path, taken }: { node: YamlNode; path: string; taken: Set<string> },
  ): void {
    const sources = node.kind === "sequence" ? node.items : [node];
    for (const source of sources) {
      const target = source.kind === "alias" ? source.target : source;
      if (target.kind !== "mapping")
        throw new YamlError("yaml: map merge requires map or sequence of maps as the value");
      this.step();
      if (source.kind === "alias")
        this.throughAlias(source, () => {
          this.step();
          this.fill(into, { node: target, path, taken });
        });
      else this.fill(into, { node: target, path, taken });
    }
  }

  private hasDuplicates({ entries }: MappingNode): boolean {
    const lines = new Map<string, number>();
    let hasDuplicates = false;
    for (const [key] of entries) {
      const text = key.kind === "scalar" ? key.value : key.kind === "alias" ? key.name : "";
      const identity = `${key.kind} ${text}`;
      const first = lines.get(identity);
      if (first === undefined) lines.set(identity, key.mark.line + 1);
      else {
        hasDuplicates = true;
        this.errors.push({
          line: key.mark.line + 1,
          message: `mapping key ${JSON.stringify(text)} already defined at line ${first}`,
        });
      }
    }
    return hasDuplicates;
  }

  private constructKey(node: YamlNode, path: string): string {
    const key = this.construct(node, path);
    if (typeof key === "string") return key;
    if (Array.isArray(key) || key instanceof Map)
      throw new YamlError(`yaml: cannot use '${goSyntax(key)}' as a map key; try decoding into yaml.Node`);
    const place = path === "" ? "at top level" : `in ${path}`;
    this.keyError ??= new NonStringKeyError(`non-string key ${place}: ${goSyntax(key)}`);
    return goPrint(key);
  }
}

/** Several problems of one document, each with its line; compose-go nests them. */
export class ConstructErrors extends YamlError {
  readonly lines: readonly string[];

  constructor(lines: readonly string[], options?: ErrorOptions) {
    super(`yaml: construct errors:\n  ${lines.join("\n  ")}`, options);
    this.lines = lines;
  }
}

/** A key such as `1:` where compose wants strings; compose-go notices after the YAML was read. */
export class NonStringKeyError extends YamlError {}

function constructScalar({ tag, value, isPlain }: ScalarNode): ComposeValue {
  if (tag === "!!str" || (tag === "" && !isPlain)) return value;
  if (tag === "!!binary") return Buffer.from(value, "base64").toString();
  return resolveScalar(tag, value).value;
}

const RATIO_LOW = 400_000;
const RATIO_HIGH = 4_000_000;

// Small documents may consist of aliases to 99 %, very large ones to 10 %.
function allowedAliasRatio(count: number): number {
  if (count <= RATIO_LOW) return 0.99;
  if (count >= RATIO_HIGH) return 0.1;
  return 0.99 - (0.89 * (count - RATIO_LOW)) / (RATIO_HIGH - RATIO_LOW);
}
