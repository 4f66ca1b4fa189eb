import { initialPosition, type Position } from "../diagnostics/source-range.ts";
import { scanMain } from "./scan-main.ts";
import { scanString, scanText } from "./scan-template.ts";
import { Scanner } from "./scanner.ts";
import type { Token } from "./token.ts";

/** Where a text stands. */
export interface TextPlace {
  readonly filename: string;
  /** Default: the beginning of the file. */
  readonly start?: Position;
}

/**
 * Splits a source into tokens: hclsyntax's `scanTokens`. It never fails: what is no token is one of type `Invalid`.
 * The last token is always `EOF`.
 *
 * @param mode `main` for a file or an expression, `bare` for a text that is a template as a whole
 */
export function scanTokens(source: string | Uint8Array, place: TextPlace, mode: "main" | "bare" = "main"): Token[] {
  const given =
    typeof source === "string" ? Buffer.from(source) : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const { start = initialPosition, filename } = place;
  const bytes = withoutByteOrderMark(given);
  const baseByte = start.byte + given.length - bytes.length;
  const scanner = new Scanner({ filename, bytes, baseByte }, mode, { ...start, byte: baseByte });
  scan(scanner);
  scanner.emit("EOF", bytes.length);
  return scanner.tokens;
}

function scan(scanner: Scanner): void {
  while (scanner.at < scanner.bytes.length) {
    const { mode } = scanner;
    if (mode === "main") scanMain(scanner);
    else if (mode === "string") scanString(scanner);
    else if (!scanText(scanner)) {
      scanner.emit(mode === "bare" && scanner.isOutermost ? "StringLit" : "Invalid", scanner.bytes.length);
    }
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
