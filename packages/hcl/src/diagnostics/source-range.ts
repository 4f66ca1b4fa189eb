/** A place in a source file: HCL's `Pos`. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in grapheme clusters (what a reader takes for one character). */
  readonly column: number;
  /** Offset in bytes of UTF-8, from 0. */
  readonly byte: number;
}

/** A span of a source file, without its end: HCL's `Range`. */
export interface SourceRange {
  readonly filename: string;
  readonly start: Position;
  readonly end: Position;
}

/** Where a file begins. */
export const initialPosition: Position = { line: 1, column: 1, byte: 0 };

/** From the start of one range to the end of another. */
export function rangeBetween(from: SourceRange, to: SourceRange): SourceRange {
  return { filename: from.filename, start: from.start, end: to.end };
}

/** The empty range at a position. */
export function rangeAt(filename: string, position: Position): SourceRange {
  return { filename, start: position, end: position };
}

/** `file:line,column-column`, or `file:line,column-line,column` for a range over several lines. */
export function formatRange({ filename, start, end }: SourceRange): string {
  const last = start.line === end.line ? `${end.column}` : `${end.line},${end.column}`;
  return `${filename}:${start.line},${start.column}-${last}`;
}
