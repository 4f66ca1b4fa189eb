/** The keys from the root of a model to one of its values; a list's elements are `[]` or `[0]`. */
export type TreePath = readonly string[];

/** Whether a path fits a dotted pattern, in which `*` stands for any one key: `services.*.build`. */
export function pathMatches(path: TreePath, pattern: TreePath): boolean {
  return path.length === pattern.length && pattern.every((part, index) => part === "*" || part === path[index]);
}

/** A path as compose-go prints it in errors. */
export function formatPath(path: TreePath): string {
  return path.join(".");
}

/** Rules by dotted pattern, found by a value's path. */
export class PathRules<Rule> {
  private readonly byLength: (readonly [TreePath, Rule])[][] = [];

  constructor(rules: Readonly<Record<string, Rule>>) {
    for (const [pattern, rule] of Object.entries(rules)) {
      const parts = pattern.split(".");
      const sameLength = this.byLength[parts.length] ?? [];
      sameLength.push([parts, rule]);
      this.byLength[parts.length] = sameLength;
    }
  }

  /** The rule for `path`, if there is one. */
  find(path: TreePath): Rule | undefined {
    return this.byLength[path.length]?.find(([pattern]) => pathMatches(path, pattern))?.[1];
  }
}
