/** The byte `\n`. */
export const NEWLINE = 0x0a;
/** The byte `\r`. */
export const RETURN = 0x0d;
/** The byte `$`. */
export const DOLLAR = 0x24;
/** The byte `%`. */
export const PERCENT = 0x25;
/** The byte `"`. */
export const QUOTE = 0x22;
/** The byte `\`. */
export const BACKSLASH = 0x5c;
/** The byte `{`. */
export const OPEN_BRACE = 0x7b;
/** The byte `~`. */
export const TILDE = 0x7e;

const ID_START = /^\p{ID_Start}$/u;
// Unicode 15.1 added four characters to ID_Continue that HCL's tables do not have.
const ID_CONTINUE = /^(?!\u200c|\u200d|\u30fb|\uff65)\p{ID_Continue}$/u;

/** The number of bytes of the character that begins at `at`; 0 when the bytes there are not UTF-8. */
export function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === undefined) return 0;
  if (first < 0x80) return 1;
  const length = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
  for (let offset = 1; offset < length; offset++) {
    const next = bytes[at + offset];
    if (next === undefined || next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

/** Where the identifier that begins at `at` ends; `at` itself when none begins there. */
export function identifierEnd(bytes: Buffer, at: number): number {
  const first = identifierCharacter(bytes, at, "start");
  if (first === 0) return at;
  let end = at + first;
  for (;;) {
    const length = identifierCharacter(bytes, end, "continue");
    if (length === 0) return end;
    end += length;
  }
}

/** Whether a text can be written as a name without quotes: hclsyntax's `ValidIdentifier`. */
export function isIdentifier(text: string): boolean {
  const bytes = Buffer.from(text);
  return bytes.length > 0 && identifierEnd(bytes, 0) === bytes.length;
}

function identifierCharacter(bytes: Buffer, at: number, place: "start" | "continue"): number {
  const byte = bytes[at];
  if (byte === undefined) return 0;
  if (byte < 0x80) return isIdentifierByte(byte, place) ? 1 : 0;
  const length = characterLength(bytes, at);
  if (length === 0) return 0;
  const character = bytes.toString("utf8", at, at + length);
  return (place === "start" ? ID_START : ID_CONTINUE).test(character) ? length : 0;
}

function isIdentifierByte(byte: number, place: "start" | "continue"): boolean {
  if (isLetter(byte) || byte === 0x5f) return true;
  return place === "continue" && (isDigit(byte) || byte === 0x2d);
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

/** Whether a byte is one of `0` to `9`. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
