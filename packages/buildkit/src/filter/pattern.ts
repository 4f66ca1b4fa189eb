import { messageOf } from "@opendepot/base";
import { type ByteString, toRunes } from "./byte-string.ts";
import { parseRegexp, type Regexp } from "./regexp-parser.ts";

/**
 * How one pattern is compared with a path: moby/patternmatcher `Pattern.compile`.
 *
 * - `exact`: the path is `text`.
 * - `prefix`: the path begins with `text` (from `text**`).
 * - `suffix`: the path ends with `text`, or is `text` without its leading slash (from `**text`).
 * - `regexp`: the rest.
 * - `bad`: the pattern is none; matching with it is an error, compiling it is not.
 */
export type PatternTest =
  | { readonly kind: "exact" | "prefix" | "suffix"; readonly text: ByteString }
  | { readonly kind: "regexp"; readonly regexp: Regexp }
  | { readonly kind: "bad"; readonly reason: string };

/** Escaped in the expression. That `{`, `}` and `|` are not among them is how moby/patternmatcher behaves. */
const ESCAPED = new Set([...".+()$"]);

/** What makes a pattern more than literal text. */
const WILDCARDS: Readonly<Record<string, string | undefined>> = { "*": "[^/]*", "?": "[^/]", "[": "[", "]": "]" };

/** Reads a cleaned pattern, without its leading `!`. */
export function readPattern(pattern: ByteString): PatternTest {
  const { source, kind } = translate([...String.fromCodePoint(...withoutByteOrderMark(toRunes(pattern)))]);
  switch (kind) {
    case "exact":
      return { kind, text: pattern };
    case "prefix":
      return { kind, text: pattern.slice(0, -2) };
    case "suffix":
      return { kind, text: pattern.slice(2) };
    case "regexp":
      try {
        return { kind, regexp: parseRegexp(source) };
      } catch (error) {
        return { kind: "bad", reason: messageOf(error) };
      }
  }
}

/** Go's text/scanner, which reads the pattern there, passes over one at the beginning. */
function withoutByteOrderMark(runes: readonly number[]): readonly number[] {
  return runes[0] === 0xfeff ? runes.slice(1) : runes;
}

interface Translation {
  source: string;
  kind: "exact" | "prefix" | "suffix" | "regexp";
}

function translate(chars: readonly string[]): Translation {
  const result: Translation = { source: "^", kind: "exact" };
  for (let at = 0; at < chars.length; ) {
    if (chars[at] === "*" && chars[at + 1] === "*") at = translateDoubleStar(chars, at, result);
    else at = translateChar(chars, at, result);
  }
  if (result.kind === "regexp") result.source += "$";
  return result;
}

/** Gives the place after what it has translated. */
function translateChar(chars: readonly string[], at: number, result: Translation): number {
  const char = chars[at] ?? "";
  const next = chars[at + 1];
  if (char === "\\" && next !== undefined) {
    append(result, `\\${next}`, "regexp");
    return at + 2;
  }
  const wildcard = WILDCARDS[char];
  if (wildcard !== undefined) append(result, wildcard, "regexp");
  else append(result, ESCAPED.has(char) ? `\\${char}` : char);
  return at + 1;
}

/** `**` takes a slash that follows it with it. Gives the place after both. */
function translateDoubleStar(chars: readonly string[], start: number, result: Translation): number {
  const end = chars[start + 2] === "/" ? start + 3 : start + 2;
  if (end < chars.length) append(result, "(.*/)?", "regexp");
  else if (result.kind === "exact") result.kind = "prefix";
  else append(result, ".*", "regexp");
  if (start === 0) result.kind = "suffix";
  return end;
}

function append(result: Translation, source: string, kind: Translation["kind"] = result.kind): void {
  result.source += source;
  result.kind = kind;
}
