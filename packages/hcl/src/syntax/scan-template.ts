import {
  BACKSLASH,
  characterLength,
  DOLLAR,
  NEWLINE,
  OPEN_BRACE,
  PERCENT,
  QUOTE,
  RETURN,
  TILDE,
} from "./characters.ts";
import type { Scanner } from "./scanner.ts";

/** Scans one token inside a quoted string. */
export function scanString(scanner: Scanner): void {
  const { bytes, at } = scanner;
  const byte = bytes[at];
  if (byte === QUOTE) {
    scanner.emit("CQuote", at + 1);
    scanner.leave();
    return;
  }
  if (byte === NEWLINE || byte === RETURN) {
    scanner.emit("QuotedNewline", newlinesEnd(bytes, at));
    return;
  }
  if (byte === DOLLAR || byte === PERCENT) {
    scanQuotedSign(scanner, byte);
    return;
  }
  const end = quotedTextEnd(bytes, at);
  if (end > at) {
    scanner.emit("QuotedLit", end);
    return;
  }
  scanUnquotable(scanner);
}

function scanQuotedSign(scanner: Scanner, sign: number): void {
  const sequence = sequenceEnd(scanner.bytes, scanner.at, sign);
  if (sequence !== undefined) {
    openSequence(scanner, sign, sequence);
    return;
  }
  const escaped = escapedSequenceEnd(scanner.bytes, scanner.at, sign);
  if (escaped !== undefined) {
    scanner.emit("QuotedLit", escaped);
    return;
  }
  const isLast = scanner.at + 1 === scanner.bytes.length;
  scanner.emit(isLast ? "Invalid" : "QuotedLit", scanner.at + 1);
}

function scanUnquotable(scanner: Scanner): void {
  const length = characterLength(scanner.bytes, scanner.at);
  if (length === 0) {
    scanner.emit("BadUTF8", scanner.at + 1);
    return;
  }
  scanner.emit("Invalid", scanner.at + length);
}

/**
 * Scans one token of a heredoc, or of a text that is a template as a whole.
 *
 * @returns false when nothing can be scanned from here on
 */
export function scanText(scanner: Scanner): boolean {
  const { bytes, at } = scanner;
  const byte = bytes[at];
  if (byte === DOLLAR || byte === PERCENT) return scanTextSign(scanner, byte);
  const end = textEnd(bytes, at);
  const lineEnd = newlineEnd(bytes, end);
  if (lineEnd !== undefined) {
    emitLine(scanner, lineEnd);
    return true;
  }
  if (end > at) {
    emitMidline(scanner, end);
    return true;
  }
  if (byte === RETURN) return false;
  scanner.emit("BadUTF8", at + 1);
  return true;
}

function scanTextSign(scanner: Scanner, sign: number): boolean {
  const { bytes, at } = scanner;
  const sequence = sequenceEnd(bytes, at, sign);
  if (sequence !== undefined) {
    openSequence(scanner, sign, sequence);
    return true;
  }
  const escaped = escapedSequenceEnd(bytes, at, sign);
  if (escaped !== undefined) {
    const lineEnd = newlineEnd(bytes, escaped);
    if (lineEnd === undefined) emitMidline(scanner, escaped);
    else emitLine(scanner, lineEnd);
    return true;
  }
  if (at + 1 === bytes.length) return false;
  // HCL's scanner takes one more byte when a line end follows it, which shows in the ranges of tokens only.
  const behind = bytes[at + 2];
  emitMidline(scanner, behind === NEWLINE || behind === RETURN ? at + 2 : at + 1);
  return true;
}

function emitMidline(scanner: Scanner, end: number): void {
  scanner.setStartOfLine(false);
  scanner.emit("StringLit", end);
}

function emitLine(scanner: Scanner, end: number): void {
  const heredoc = scanner.heredocs[scanner.heredocs.length - 1];
  if (scanner.mode !== "heredoc" || heredoc === undefined) {
    scanner.emit("StringLit", end);
    return;
  }
  if (heredoc.startOfLine && isMarker(scanner, heredoc.marker, end)) {
    scanner.emit("CHeredoc", scanner.bytes[end - 2] === RETURN ? end - 2 : end - 1);
    scanner.emit("Newline", end);
    scanner.heredocs.pop();
    scanner.leave();
    return;
  }
  heredoc.startOfLine = true;
  scanner.emit("StringLit", end);
}

function isMarker(scanner: Scanner, marker: string, end: number): boolean {
  return scanner.bytes.toString("utf8", scanner.at, end).trim() === marker;
}

function openSequence(scanner: Scanner, sign: number, end: number): void {
  scanner.openSequence(sign === DOLLAR ? "TemplateInterp" : "TemplateControl", end);
}

// The end of `${` or `${~` (or with `%`).
function sequenceEnd(bytes: Buffer, at: number, sign: number): number | undefined {
  if (bytes[at] !== sign || bytes[at + 1] !== OPEN_BRACE) return undefined;
  return bytes[at + 2] === TILDE ? at + 3 : at + 2;
}

// The end of `$${` or `$${~` (or with `%`).
function escapedSequenceEnd(bytes: Buffer, at: number, sign: number): number | undefined {
  return sequenceEnd(bytes, at + 1, sign);
}

function newlinesEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] === NEWLINE || bytes[end] === RETURN) end++;
  return end;
}

function newlineEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes[at] === NEWLINE) return at + 1;
  return bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : undefined;
}

function textEnd(bytes: Buffer, at: number): number {
  let end = at;
  for (;;) {
    const byte = bytes[end];
    if (byte === undefined || byte === DOLLAR || byte === PERCENT || byte === NEWLINE || byte === RETURN) return end;
    const length = characterLength(bytes, end);
    if (length === 0) return end;
    end += length;
  }
}

function quotedTextEnd(bytes: Buffer, at: number): number {
  let end = at;
  for (;;) {
    const escaped = bytes[end] === BACKSLASH;
    const character = escaped ? end + 1 : end;
    if (!isQuotable(bytes[character], escaped)) return end;
    const length = characterLength(bytes, character);
    if (length === 0) return end;
    end = character + length;
  }
}

function isQuotable(byte: number | undefined, escaped: boolean): boolean {
  if (byte === undefined || byte === NEWLINE || byte === RETURN) return false;
  return escaped || (byte !== DOLLAR && byte !== PERCENT && byte !== QUOTE);
}
