import { type ByteString, decodeRune } from "./byte-string.ts";
import { badPattern } from "./problems.ts";

/**
 * Whether a path matches a shell pattern: Go's `filepath.Match` on Unix. `*` and `?` stop at `/`.
 *
 * As there, the pattern is read one `*` after the other, and only as far as the match has not failed; so an
 * error further on may pass unseen.
 *
 * @throws {Problem} `pattern_invalid`
 */
export function matchGlob(pattern: ByteString, path: ByteString): boolean {
  return matchChunks(readChunks(pattern), path);
}

/** The same for many paths; a malformed pattern matches nothing. */
export function compileGlob(pattern: ByteString): (path: ByteString) => boolean {
  let chunks: readonly Chunk[];
  try {
    chunks = [...readChunks(pattern)];
  } catch {
    return () => false;
  }
  return (path) => matchChunks(chunks, path);
}

/** What stands between two stars. */
interface Chunk {
  readonly hasStar: boolean;
  readonly tokens: readonly Token[];
  readonly isLast: boolean;
}

function* readChunks(pattern: ByteString): Generator<Chunk> {
  for (let rest = pattern; rest !== ""; ) {
    const { hasStar, chunk, after } = cutChunk(rest);
    rest = after;
    yield { hasStar, tokens: parseChunk(chunk, pattern), isLast: rest === "" };
  }
}

function matchChunks(chunks: Iterable<Chunk>, path: ByteString): boolean {
  let at = 0;
  for (const chunk of chunks) {
    if (chunk.hasStar && chunk.tokens.length === 0) return !path.includes("/", at);
    const end = findChunk(chunk, path, at);
    if (end === undefined) return false;
    at = end;
  }
  return at === path.length;
}

/** Takes the stars at the beginning, and what follows up to the next star outside brackets. */
function cutChunk(pattern: ByteString): { hasStar: boolean; chunk: ByteString; after: ByteString } {
  const stars = /^\**/.exec(pattern)?.[0].length ?? 0;
  let isInClass = false;
  for (let at = stars; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === "\\") at++;
    else if (char === "[") isInClass = true;
    else if (char === "]") isInClass = false;
    else if (char === "*" && !isInClass) {
      return { hasStar: stars > 0, chunk: pattern.slice(stars, at), after: pattern.slice(at) };
    }
  }
  return { hasStar: stars > 0, chunk: pattern.slice(stars), after: "" };
}

/** Where the chunk's match ends, at the first place where it fits; the last chunk must end where the path does. */
function findChunk(chunk: Chunk, path: ByteString, from: number): number | undefined {
  for (let start = from; start <= path.length; start++) {
    const end = matchTokens(chunk.tokens, path, start);
    if (end !== undefined && (end === path.length || !chunk.isLast)) return end;
    if (!chunk.hasStar || path[start] === "/") return undefined;
  }
  return undefined;
}

function matchTokens(tokens: readonly Token[], path: ByteString, start: number): number | undefined {
  let at: number | undefined = start;
  for (const token of tokens) {
    at = token(path, at);
    if (at === undefined) return undefined;
  }
  return at;
}

/** Takes one character at `at` and gives the place after it, or undefined when it is not the one wanted. */
type Token = (path: ByteString, at: number) => number | undefined;

function parseChunk(chunk: ByteString, pattern: ByteString): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < chunk.length; at++) {
    const char = chunk.charAt(at);
    if (char === "[") {
      const found = parseClass(chunk, at + 1);
      if (!found) throw badPattern(pattern);
      tokens.push(found.token);
      at = found.end;
    } else if (char === "?") {
      tokens.push(anyOne);
    } else {
      if (char === "\\") at++;
      if (at >= chunk.length) throw badPattern(pattern);
      tokens.push(literal(chunk.charAt(at)));
    }
  }
  return tokens;
}

function anyOne(path: ByteString, at: number): number | undefined {
  return at < path.length && path[at] !== "/" ? at + decodeRune(path, at).width : undefined;
}

function literal(byte: string): Token {
  return (path, at) => (path[at] === byte ? at + 1 : undefined);
}

/** Reads a class after its `[`; `end` is the place of its `]`. Undefined when it is malformed. */
function parseClass(chunk: ByteString, start: number): { token: Token; end: number } | undefined {
  const isNegated = chunk[start] === "^";
  const ranges: Array<readonly [low: number, high: number]> = [];
  let at = isNegated ? start + 1 : start;
  while (chunk[at] !== "]" || ranges.length === 0) {
    const low = classRune(chunk, at);
    const high = low && chunk[low.end] === "-" ? classRune(chunk, low.end + 1) : low;
    if (!low || !high) return undefined;
    at = high.end;
    ranges.push([low.rune, high.rune]);
  }
  return { token: classToken(ranges, isNegated), end: at };
}

function classToken(ranges: ReadonlyArray<readonly [number, number]>, isNegated: boolean): Token {
  return (path, at) => {
    if (at >= path.length) return undefined;
    const { rune, width } = decodeRune(path, at);
    return ranges.some(([low, high]) => low <= rune && rune <= high) === isNegated ? undefined : at + width;
  };
}

function classRune(chunk: ByteString, start: number): { rune: number; end: number } | undefined {
  const first = chunk[start];
  if (first === undefined || first === "-" || first === "]") return undefined;
  const at = first === "\\" ? start + 1 : start;
  if (at >= chunk.length) return undefined;
  const { rune, width, isValid } = decodeRune(chunk, at);
  return isValid && at + width < chunk.length ? { rune, end: at + width } : undefined;
}
