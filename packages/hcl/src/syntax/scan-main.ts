import { characterLength, identifierEnd, isDigit, NEWLINE, RETURN } from "./characters.ts";
import type { Scanner } from "./scanner.ts";
import type { TokenType } from "./token.ts";

const SINGLE: ReadonlyMap<string, TokenType> = new Map([
  ["[", "OBrack"],
  ["]", "CBrack"],
  ["(", "OParen"],
  [")", "CParen"],
  [".", "Dot"],
  [",", "Comma"],
  ["*", "Star"],
  ["/", "Slash"],
  ["%", "Percent"],
  ["+", "Plus"],
  ["-", "Minus"],
  ["=", "Equal"],
  ["<", "LessThan"],
  [">", "GreaterThan"],
  ["!", "Bang"],
  ["?", "Question"],
  [":", "Colon"],
  ["\n", "Newline"],
  ["&", "BitwiseAnd"],
  ["|", "BitwiseOr"],
  ["~", "BitwiseNot"],
  ["^", "BitwiseXor"],
  [";", "Semicolon"],
  ["`", "Backtick"],
  ["'", "Apostrophe"],
]);

const DOUBLE: ReadonlyMap<string, TokenType> = new Map([
  ["==", "EqualOp"],
  ["!=", "NotEqual"],
  [">=", "GreaterThanEq"],
  ["<=", "LessThanEq"],
  ["&&", "And"],
  ["||", "Or"],
  ["::", "DoubleColon"],
  ["=>", "FatArrow"],
  ["\r\n", "Newline"],
]);

/** Scans one token of code, or the spaces in front of it. */
export function scanMain(scanner: Scanner): void {
  const { bytes, at } = scanner;
  const byte = bytes[at] ?? 0;
  if (byte === 0x20 || byte === 0x09) {
    scanner.at++;
    return;
  }
  const identifier = identifierEnd(bytes, at);
  if (identifier > at) {
    scanner.emit("Ident", identifier);
    return;
  }
  if (isDigit(byte)) {
    scanner.emit("NumberLit", numberEnd(bytes, at));
    return;
  }
  scanSymbol(scanner, String.fromCharCode(byte));
}

function scanSymbol(scanner: Scanner, first: string): void {
  const next = String.fromCharCode(scanner.bytes[scanner.at + 1] ?? 0);
  switch (first) {
    case "{":
      scanner.openBrace();
      return;
    case "}":
      scanner.closeBrace(scanner.at + 1);
      return;
    case '"':
      scanner.emit("OQuote", scanner.at + 1);
      scanner.enter("string");
      return;
    case "#":
      scanLineComment(scanner);
      return;
    case "~":
      if (next === "}") {
        scanner.closeBrace(scanner.at + 2);
        return;
      }
      break;
    case "/":
      if (next === "/") {
        scanLineComment(scanner);
        return;
      }
      if (next === "*" && scanBlockComment(scanner)) return;
      break;
    case "<":
      if (next === "<" && scanHeredocOpening(scanner)) return;
      break;
    case ".":
      if (next === "." && scanner.bytes[scanner.at + 2] === 0x2e) {
        scanner.emit("Ellipsis", scanner.at + 3);
        return;
      }
      break;
  }
  scanOperator(scanner, first, next);
}

function scanOperator(scanner: Scanner, first: string, next: string): void {
  const double = DOUBLE.get(first + next);
  if (double !== undefined) {
    scanner.emit(double, scanner.at + 2);
    return;
  }
  const single = SINGLE.get(first);
  if (single !== undefined) {
    scanner.emit(single, scanner.at + 1);
    return;
  }
  const length = characterLength(scanner.bytes, scanner.at);
  if (length === 0) {
    scanner.emit("BadUTF8", scanner.at + 1);
    return;
  }
  scanner.emit("Invalid", scanner.at + length);
}

// The newline belongs to the comment.
function scanLineComment(scanner: Scanner): void {
  const end = scanner.bytes.indexOf(NEWLINE, scanner.at);
  scanner.emit("Comment", end < 0 ? scanner.bytes.length : end + 1);
}

function scanBlockComment(scanner: Scanner): boolean {
  const end = scanner.blockCommentEnd();
  if (end === undefined) return false;
  scanner.emit("Comment", end);
  return true;
}

function scanHeredocOpening(scanner: Scanner): boolean {
  const { bytes, at } = scanner;
  const nameStart = bytes[at + 2] === 0x2d ? at + 3 : at + 2;
  const nameEnd = identifierEnd(bytes, nameStart);
  if (nameEnd === nameStart) return false;
  const lineEnd = bytes[nameEnd] === RETURN ? nameEnd + 1 : nameEnd;
  if (bytes[lineEnd] !== NEWLINE) return false;
  scanner.emit("OHeredoc", lineEnd + 1);
  scanner.heredocs.push({ marker: bytes.toString("utf8", nameStart, nameEnd), startOfLine: true });
  scanner.enter("heredoc");
  return true;
}

// Digits, points and exponents in any order, only not with a point at the end; whether it is a number is checked
// by the parser.
function numberEnd(bytes: Buffer, at: number): number {
  let end = at + 1;
  let next = end;
  for (;;) {
    const length = numberPartLength(bytes, next);
    if (length === 0) return end;
    next += length;
    if (bytes[next - 1] !== 0x2e) end = next;
  }
}

function numberPartLength(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === 0x2e || isDigit(byte)) return 1;
  if (byte !== 0x65 && byte !== 0x45) return 0;
  const sign = bytes[at + 1];
  const digit = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
  return isDigit(bytes[digit]) ? digit + 1 - at : 0;
}
