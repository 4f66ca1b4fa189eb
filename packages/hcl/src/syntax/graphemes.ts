import type { Position } from "../diagnostics/source-range.ts";
import { characterLength, NEWLINE, RETURN } from "./characters.ts";

const ASCII = /^[\0-\x7f]*$/;

let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text. */
export function* graphemes(text: string): Generator<string> {
  if (ASCII.test(text)) {
    yield* asciiGraphemes(text);
    return;
  }
  // Made when it is first needed: most files are ASCII, and making one takes milliseconds.
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function* asciiGraphemes(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    yield text[at] === "\n" && text[at - 1] === "\r" ? "\r\n" : text.charAt(at);
  }
}

/** The position behind the bytes from `from` to `to`, when the one at `from` is `start`. */
export function advance(start: Position, bytes: Buffer, span: { from: number; to: number }): Position {
  let { line, column } = start;
  const byte = start.byte + span.to - span.from;
  for (let at = span.from; at < span.to; at++) {
    const unit = bytes[at] ?? 0;
    if (unit >= 0x80) return advanceByCharacters(start, bytes, span);
    if (unit === NEWLINE) {
      line++;
      column = 1;
    } else if (unit !== RETURN || at + 1 === span.to || bytes[at + 1] !== NEWLINE) {
      column++;
    }
  }
  return { line, column, byte };
}

function advanceByCharacters(start: Position, bytes: Buffer, { from, to }: { from: number; to: number }): Position {
  const byte = start.byte + to - from;
  // One character is one cluster; a file of nothing else would keep the segmenter very busy.
  if (to - from <= Math.max(1, characterLength(bytes, from)))
    return { line: start.line, column: start.column + 1, byte };
  return advanceByGraphemes(start, bytes.toString("utf8", from, to), byte);
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
