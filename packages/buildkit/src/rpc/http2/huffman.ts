import { ErrorCode } from "./constants.ts";
import { Http2Error } from "./http2-error.ts";

/** The length of each symbol's code, in bits and in base 36; the last one is the end of the string. RFC 7541 appendix B. */
const CODE_LENGTHS =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f5656566657766" +
  "6567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqq" +
  "srrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

const END_OF_STRING = 256;
const LONGEST_CODE = 30;

/** The code is canonical: codes of one length follow each other, in the order of their symbols. */
interface CodesOfLength {
  readonly first: number;
  readonly count: number;
  /** Where their symbols begin. */
  readonly at: number;
}

interface CodeTable {
  readonly byLength: readonly CodesOfLength[];
  readonly symbols: readonly number[];
}

let table: CodeTable | undefined;

function buildTable(): CodeTable {
  const symbolsOfLength: number[][] = Array.from({ length: LONGEST_CODE + 1 }, () => []);
  for (let symbol = 0; symbol < CODE_LENGTHS.length; symbol++) {
    symbolsOfLength[Number.parseInt(CODE_LENGTHS.charAt(symbol), 36)]?.push(symbol);
  }
  const byLength: CodesOfLength[] = [];
  let [code, at] = [0, 0];
  for (const { length: count } of symbolsOfLength) {
    code *= 2;
    byLength.push({ first: code, count, at });
    code += count;
    at += count;
  }
  return { byLength, symbols: symbolsOfLength.flat() };
}

/**
 * Decodes a string of HPACK's Huffman code into `target` and gives how many bytes it has. The target needs room for
 * 8/5 of the input.
 *
 * @throws {Http2Error} for padding that is too long or not of ones, and for the end symbol within the string
 */
export function decodeHuffman(input: Uint8Array, target: Uint8Array): number {
  table ??= buildTable();
  const { byLength, symbols } = table;
  let length = 0;
  let code = 0;
  let written = 0;
  for (const byte of input) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      const codes = byLength[++length];
      if (!codes) throw broken("no symbol has this code");
      const index = code - codes.first;
      if (index < 0 || index >= codes.count) continue;
      const symbol = symbols[codes.at + index] ?? END_OF_STRING;
      if (symbol === END_OF_STRING) throw broken("the end symbol stands in a string");
      target[written++] = symbol;
      length = 0;
      code = 0;
    }
  }
  if (length > 7 || code !== (1 << length) - 1) throw broken("the padding is not the start of the end symbol");
  return written;
}

function broken(what: string): Http2Error {
  return new Http2Error(ErrorCode.compressionError, `broken Huffman code in a header: ${what}`);
}
