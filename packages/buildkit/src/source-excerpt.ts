import { cleanText } from "./progress/control-chars.ts";

/** A place in a source file; lines count from 1. The shape of BuildKit's `pb.Range`. */
export interface ExcerptRange {
  readonly start?: { readonly line: number } | undefined;
  readonly end?: { readonly line: number } | undefined;
}

/** The part of a source, usually a Dockerfile, that an error or a warning is about. */
export interface SourceExcerpt {
  readonly filename: string;
  /** The whole source, or as much of it as came. */
  readonly data: Uint8Array;
  readonly ranges: readonly ExcerptRange[];
}

/** How {@link renderSourceExcerpt} prints. */
export interface SourceExcerptOptions {
  /** Marked lines in red. Default: no colours. */
  readonly useColors?: boolean | undefined;
}

/** Bounds for what a hostile engine may make us print. */
const maxSourceBytes = 1024 * 1024;
const maxLines = 200;
const maxLineChars = 4096;

const rule = "--------------------";

/**
 * The lines that `ranges` cover, marked by `>>>`, and two lines before and after a single one (one where several
 * are marked), in the layout of BuildKit's solver/errdefs/source.go:
 *
 * ```
 * Dockerfile:3
 * --------------------
 *    1 |     FROM scratch
 *    2 |     WORKDIR /src
 *    3 | >>> RUN make
 * --------------------
 * ```
 *
 * Ends with a newline. Empty when no range lies within the source. Control characters are taken out; a source is read
 * up to 1 MiB, and at most 200 lines are printed.
 */
export function renderSourceExcerpt(excerpt: SourceExcerpt, { useColors = false }: SourceExcerptOptions = {}): string {
  const lines = new TextDecoder().decode(excerpt.data.subarray(0, maxSourceBytes)).split("\n");
  const spans = excerpt.ranges.flatMap(toSpan);
  const first = spans.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
  const last = Math.min(
    lines.length,
    spans.reduce((most, { to }) => Math.max(most, to), 0),
  );
  if (!(first >= 1 && first <= lines.length)) return "";
  const shown = withPadding({ from: first, to: last }, lines.length);
  const end = Math.min(shown.to, shown.from + maxLines - 1);
  const printed = lines.slice(shown.from - 1, end).map((line, index) => {
    const number = shown.from + index;
    const isMarked = spans.some(({ from, to }) => from <= number && number <= to);
    const text = ` ${String(number).padStart(3)} | ${isMarked ? ">>>" : "   "} ${cleanSourceLine(line)}`;
    return isMarked && useColors ? `\x1b[31m${text}\x1b[0m` : text;
  });
  if (end < shown.to) printed.push(`     ... ${shown.to - end} more lines`);
  return [`${cleanSourceLine(excerpt.filename)}:${first}`, rule, ...printed, rule, ""].join("\n");
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A range without an end, or with one before its start, is one line. */
function toSpan({ start, end }: ExcerptRange): Span[] {
  const from = start?.line ?? 0;
  return [{ from, to: Math.max(from, end?.line ?? 0) }];
}

/** Two lines before and after a single line, one before and after several. */
function withPadding({ from, to }: Span, lineCount: number): Span {
  const padding = from === to ? 2 : 1;
  return { from: Math.max(1, from - padding), to: Math.min(lineCount, to + padding) };
}

function cleanSourceLine(line: string): string {
  const shown = line.length > maxLineChars ? `${line.slice(0, maxLineChars)}...` : line;
  return cleanText(shown).replaceAll("\n", " ");
}
