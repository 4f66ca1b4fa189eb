import type { Position } from "../diagnostics/source-range.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text. */
export function* graphemes(text: string): Generator<string> {
  // Made when it is first needed: most files are ASCII, and making one takes milliseconds.
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** The position behind the bytes from `from` to `to`, when the one at `from` is `start`. */
export function advance(start: Position, bytes: Buffer, span: { from: number; to: number }): Position {
  const end = { line: start.line, column: start.column, byte: start.byte + span.to - span.from };
  for (let at = span.from; at < span.to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return advanceByGraphemes(start, bytes.toString("utf8", span.from, span.to), end.byte);
    if (byte === NEWLINE) {
      end.line++;
      end.column = 1;
    } else if (byte !== RETURN || at + 1 === span.to || bytes[at + 1] !== NEWLINE) {
      end.column++;
    }
  }
  return end;
}

function advanceByGraphemes(start: Position, text: string, byte: number): Position {
  let { line, column } = start;
  for (const cluster of graphemes(text)) {
    if (cluster === "\n" || cluster === "\r\n") {
      line++;
      column = 1;
    } else {
      column++;
    }
  }
  return { line, column, byte };
}
