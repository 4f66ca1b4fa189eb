/** The keys from the root of a model to one of its values; a list's elements are `[]` or `[0]`. */
export type TreePath = readonly string[];

/** Whether a path fits a pattern, in which `*` stands for any one key. */
export function pathMatches(path: TreePath, pattern: TreePath): boolean {
  return path.length === pattern.length && pattern.every((part, index) => part === "*" || part === path[index]);
}

/** A path as compose-go prints it in errors. */
export function formatPath(path: TreePath): string {
  return path.join(".");
}

/** One level of rules: what holds here, and below by key; `*` holds for keys that have no rules of their own. */
export class RuleNode<Rule> {
  rule: Rule | undefined;
  private readonly children = new Map<string, RuleNode<Rule>>();

  /** The rules for the value at `key`; undefined when there are none for it or anything in it. */
  at(key: string): RuleNode<Rule> | undefined {
    return this.children.get(key) ?? this.children.get("*");
  }

  /** The rules at a path from here. */
  find(path: TreePath): Rule | undefined {
    let node: RuleNode<Rule> | undefined = this;
    for (const key of path) node = node?.at(key);
    return node?.rule;
  }

  /** The level for `part` of a pattern, made when it is not there. */
  grow(part: string): RuleNode<Rule> {
    const child = this.children.get(part) ?? new RuleNode<Rule>();
    this.children.set(part, child);
    return child;
  }
}

/** Rules by dotted pattern, such as `services.*.build`. */
export function compileRules<Rule>(rules: Readonly<Record<string, Rule>>): RuleNode<Rule> {
  const root = new RuleNode<Rule>();
  for (const [pattern, rule] of Object.entries(rules)) {
    let node = root;
    for (const part of pattern.split(".")) node = node.grow(part);
    node.rule = rule;
  }
  return root;
}

/** A place in a model together with the rules for it and what is below. */
export class Place<Rule> {
  private readonly node: RuleNode<Rule>;
  private readonly path: TreePath;

  constructor(node: RuleNode<Rule>, path: TreePath = []) {
    this.node = node;
    this.path = path;
  }

  /** The rule for the value here. */
  get rule(): Rule | undefined {
    return this.node.rule;
  }

  /** The place of the value at `key`; undefined when no rule looks at it. */
  at(key: string): Place<Rule> | undefined {
    const node = this.node.at(key);
    return node === undefined ? undefined : new Place(node, [...this.path, key]);
  }

  /** The path as compose-go prints it; with `key`, that of a value here. */
  describe(key?: string): string {
    return formatPath(key === undefined ? this.path : [...this.path, key]);
  }
}
