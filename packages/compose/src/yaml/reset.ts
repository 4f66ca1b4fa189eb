import { pathMatches, type TreePath } from "../tree-path.ts";
import type { ComposeMapping, ComposeValue } from "../value.ts";
import type { AliasNode, YamlNode } from "./node.ts";
import { YamlError } from "./yaml-error.ts";

/** How many nodes of one document are looked at, aliases counted each time they are followed. */
const MAX_VISITS = 100_000;
/** How deep aliases may lead. */
const MAX_DEPTH = 500;

/** A document without its `!reset` nodes, and the places that lower files must forget. */
export interface ResetDocument {
  readonly root: YamlNode | undefined;
  readonly paths: readonly TreePath[];
}

/**
 * Takes `!reset` and `!override` out of a document, as compose-go v2's `loader/reset.go` does: a `!reset` node
 * disappears, and both kinds are remembered, so that {@link forgetPaths} can remove what other files said there. Also
 * notices duplicate keys and aliases that contain themselves.
 *
 * @throws {YamlError}
 */
export function takeResets(root: YamlNode): ResetDocument {
  const walker = new ResetWalker();
  return { root: walker.resolve(root, []), paths: walker.paths };
}

/** Removes from `model` what stands at one of `paths`. */
export function forgetPaths(model: ComposeMapping, paths: readonly TreePath[]): void {
  if (paths.length > 0) forget(model, { path: [], paths });
}

function forget(value: ComposeValue, { path, paths }: { path: TreePath; paths: readonly TreePath[] }): void {
  if (!(value instanceof Map)) return;
  for (const [key, item] of [...value]) {
    const next = [...path, key];
    if (paths.some((pattern) => pathMatches(next, pattern))) value.delete(key);
    else forget(item, { path: next, paths });
  }
}

class ResetWalker {
  readonly paths: TreePath[] = [];
  private visits = 0;
  private depth = 0;
  private readonly aliasPaths = new Map<YamlNode, TreePath[]>();
  private readonly resolved = new Map<YamlNode, readonly TreePath[]>();

  /** The node without what is reset in it; undefined when it is itself reset. */
  resolve(node: YamlNode, givenPath: TreePath): YamlNode | undefined {
    this.visits += 1;
    if (this.visits > MAX_VISITS || this.depth > MAX_DEPTH)
      throw new YamlError(`compose file exceeds maximum node visit limit (${MAX_VISITS})`);
    const path = withoutMerge(givenPath);
    if (node.kind === "alias") this.checkCycle(node, path);
    const target = node.kind === "alias" ? node.target : node;
    if (target.tag === "!reset") {
      this.paths.push(path);
      return undefined;
    }
    if (target.tag === "!override") this.paths.push(path);
    else if (target.kind === "sequence" || target.kind === "mapping") this.resolveOnce(target, path);
    return node;
  }

  /** Anchored nodes are walked once; their resets apply wherever they are used. */
  private resolveOnce(node: YamlNode, path: TreePath): void {
    const known = this.resolved.get(node);
    if (known !== undefined) {
      for (const relative of known) this.paths.push([...path, ...relative]);
      return;
    }
    const from = this.paths.length;
    this.depth += 1;
    if (node.kind === "sequence") this.resolveItems(node, path);
    else if (node.kind === "mapping") this.resolveEntries(node, path);
    this.depth -= 1;
    this.resolved.set(
      node,
      this.paths.slice(from).map((absolute) => absolute.slice(path.length)),
    );
  }

  private resolveItems(node: YamlNode & { kind: "sequence" }, path: TreePath): void {
    node.items = node.items.filter((item, index) => this.resolve(item, [...path, String(index)]) !== undefined);
  }

  private resolveEntries(node: YamlNode & { kind: "mapping" }, path: TreePath): void {
    const lines = new Map<string, number>();
    node.entries = node.entries.flatMap(([key, value]): [YamlNode, YamlNode][] => {
      const name = key.kind === "scalar" ? key.value : key.kind === "alias" ? key.name : "";
      const line = lines.get(name);
      if (line !== undefined)
        throw new YamlError(
          `line ${key.mark.line + 1}: mapping key ${JSON.stringify(name)} already defined at line ${line}`,
        );
      lines.set(name, key.mark.line + 1);
      if (this.resolve(value, [...path, name]) === undefined) return [];
      // Under `<<`, an anchored list of mappings is used as if it stood there.
      const isMergedList = name === "<<" && value.kind === "alias" && value.target.kind === "sequence";
      return [[key, isMergedList ? value.target : value]];
    });
  }

  private checkCycle(alias: AliasNode, path: TreePath): void {
    const earlier = this.aliasPaths.get(alias.target) ?? [];
    for (const other of earlier) {
      if (path.includes("<<") || other.includes("<<")) continue;
      const isNested = isInside(path, other) || isInside(other, path);
      if (isNested && !areDifferentServices(path, other))
        throw new YamlError(
          `cycle detected: node at path ${path.join(".")} references node at path ${other.join(".")}`,
        );
    }
    earlier.push(path);
    this.aliasPaths.set(alias.target, earlier);
  }
}

// compose-go drops the first `<<` below the root.
function withoutMerge(path: TreePath): TreePath {
  const index = path.indexOf("<<", 1);
  return index < 0 ? path : path.toSpliced(index, 1);
}

function isInside(path: TreePath, outer: TreePath): boolean {
  return path.length > outer.length && outer.every((part, index) => path[index] === part);
}

function areDifferentServices(a: TreePath, b: TreePath): boolean {
  const index = a.findIndex((part, at) => part === "services" && b[at] === "services" && at + 1 < a.length);
  return index >= 0 && index + 1 < b.length && a[index + 1] !== b[index + 1];
}
