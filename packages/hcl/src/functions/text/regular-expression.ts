import type { Matcher, RE2JS } from "re2js";
import { loadRe2 } from "./re2.cjs";

/** A pattern that is no regular expression, in Go's words. */
export interface PatternFault {
  /** What is wrong: Go's `syntax.ErrorCode`. */
  readonly code: string;
  /** The part of the pattern that is; may be empty. */
  readonly part: string;
}

/** One match: the text of the whole and of each group; undefined for groups that took no part. */
export interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

const compiled = new Map<string, RegularExpression | PatternFault>();
const mostCompiled = 256;

/** Compiles a pattern of Go's `regexp`; the last ones are kept. */
export function compilePattern(pattern: string): RegularExpression | PatternFault {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= mostCompiled) compiled.clear();
  const result = compile(pattern);
  compiled.set(pattern, result);
  return result;
}

function compile(pattern: string): RegularExpression | PatternFault {
  const { RE2JS, RE2JSSyntaxException } = loadRe2();
  try {
    return new RegularExpression(RE2JS.compile(pattern));
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { code: error.getDescription(), part: error.getPattern() ?? "" };
  }
}

/** A compiled pattern. */
export class RegularExpression {
  /** The name of each group, in their order; empty for groups without one. */
  readonly groupNames: readonly string[];
  readonly #expression: RE2JS;

  /** @package */
  constructor(expression: RE2JS) {
    const names = new Array<string>(expression.groupCount()).fill("");
    for (const [name, group] of Object.entries(expression.namedGroups())) names[group - 1] = name;
    this.groupNames = names;
    this.#expression = expression;
  }

  /** The first match. */
  find(text: string): Match | undefined {
    const matcher = this.#expression.matcher(text);
    return matcher.find() ? matchOf(matcher) : undefined;
  }

  /** All matches in order; an empty one right behind another match does not count, as in Go. */
  findAll(text: string): readonly Match[] {
    const matcher = this.#expression.matcher(text);
    const matches: Match[] = [];
    let previousEnd = -1;
    let at = 0;
    while (at <= text.length && matcher.find(at)) {
      const match = matchOf(matcher);
      if (match.end > match.start || match.start !== previousEnd) matches.push(match);
      previousEnd = match.end;
      at = match.end > at ? match.end : at + characterLength(text, at);
    }
    return matches;
  }

  /** Puts `template` in place of every match: `$1`, `$name`, `${name}` and `$$` as in Go's `Expand`. */
  replaceAll(text: string, template: string): string {
    let [result, end] = ["", 0];
    for (const match of this.findAll(text)) {
      result += text.slice(end, match.start) + this.#expand(template, match);
      end = match.end;
    }
    return result + text.slice(end);
  }

  #expand(template: string, match: Match): string {
    return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/gu, (whole: string, bare?: string, braced?: string) => {
      return whole === "$$" ? "$" : (match.groups[this.#groupNumber(bare ?? braced ?? "")] ?? "");
    });
  }

  #groupNumber(name: string): number {
    return /^\d+$/.test(name) ? Number(name) : this.groupNames.indexOf(name) + 1 || -1;
  }
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function matchOf(matcher: Matcher): Match {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
  return { start: matcher.start(), end: matcher.end(), groups };
}
