/** A pattern that cannot be read: Go's `path.ErrBadPattern`. */
export class BadPattern extends Error {
  override readonly name = "BadPattern";

  constructor() {
    super("syntax error in pattern");
  }
}

/** Whether a command line word is a pattern rather than a name. */
export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/**
 * Matches a whole name against a shell pattern with `*`, `?`, `[…]` and `\`: Go's `path.Match`.
 *
 * @throws {BadPattern}
 */
export function matchPath(pattern: string, name: string): boolean {
  return new RegExp(`^${[...readParts(pattern)].join("")}$`, "su").test(name);
}

function* readParts(pattern: string): Generator<string> {
  const letters = [...pattern];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at];
    if (letter === "*") yield "[^/]*";
    else if (letter === "?") yield "[^/]";
    else if (letter === "[") {
      const set = readSet(letters, at + 1);
      yield set.source;
      at = set.end;
    } else if (letter === "\\") yield escapeCode(letterAt(letters, ++at));
    else yield escapeCode(letterAt(letters, at));
  }
}

function readSet(letters: readonly string[], start: number): { readonly source: string; readonly end: number } {
  const isNegated = letters[start] === "^";
  let source = "";
  for (let at = isNegated ? start + 1 : start; ; ) {
    if (letters[at] === "]" && source !== "") return { source: `[${isNegated ? "^" : ""}${source}]`, end: at };
    const low = readSetLetter(letters, at);
    const isRange = letters[low.next] === "-";
    const high = isRange ? readSetLetter(letters, low.next + 1) : low;
    // An empty range matches nothing in Go; a lone surrogate stands for nothing here.
    const isEmpty = (low.letter.codePointAt(0) ?? 0) > (high.letter.codePointAt(0) ?? 0);
    source += isEmpty ? "\\uD800" : `${escapeCode(low.letter)}-${escapeCode(high.letter)}`;
    at = high.next;
  }
}

function readSetLetter(letters: readonly string[], at: number): { readonly letter: string; readonly next: number } {
  const letter = letterAt(letters, at);
  if (letter === "-" || letter === "]") throw new BadPattern();
  if (letter !== "\\") return { letter, next: at + 1 };
  return { letter: letterAt(letters, at + 1), next: at + 2 };
}

function letterAt(letters: readonly string[], at: number): string {
  const letter = letters[at];
  if (letter === undefined) throw new BadPattern();
  return letter;
}

function escapeCode(letter: string): string {
  return `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;
}
