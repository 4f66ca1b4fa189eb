import { posix } from "node:path";

/**
 * Paths and patterns are handled as byte strings: one UTF-16 unit per byte, 0 to 255, as `latin1` gives them.
 * Names that are not UTF-8 stay exact that way, and comparing strings compares bytes, as Go does.
 */
export type ByteString = string;

/** The UTF-8 bytes of ordinary text. */
export function toByteString(text: string): ByteString {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** For messages: bytes that are not UTF-8 show as U+FFFD. */
export function toText(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}

/** What `node:fs` takes: text where that is the same, else the bytes. */
export function toFsPath(path: ByteString): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, "latin1");
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what ASCII means
  return /^[\x00-\x7f]*$/.test(text);
}

/** Code point that stands for a byte that is no UTF-8, one for each such byte: Go's `utf8.RuneError`. */
const RUNE_ERROR = 0xfffd;

/**
 * Code points of a byte string, decoded as Go ranges over a string. Unlike `TextDecoder`, every invalid byte
 * counts as one U+FFFD.
 */
export function toRunes(bytes: ByteString): number[] {
  const runes: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { rune, width } = decodeRune(bytes, at);
    runes.push(rune);
    at += width;
  }
  return runes;
}

/** The code point at `at`, and how many bytes it takes. `isValid` is false for a byte that is no UTF-8. */
export function decodeRune(bytes: ByteString, at: number): { rune: number; width: number; isValid: boolean } {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { rune: first, width: 1, isValid: true };
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let rune = first & (0xff >> (width + 1));
  for (let offset = 1; offset < width; offset++) {
    const next = bytes.charCodeAt(at + offset);
    if ((next & 0xc0) !== 0x80) return { rune: RUNE_ERROR, width: 1, isValid: false };
    rune = (rune << 6) | (next & 0x3f);
  }
  const isSurrogate = rune >= 0xd800 && rune <= 0xdfff;
  const least = width === 2 ? 0x80 : width === 3 ? 0x800 : 0x10000;
  if (first < 0xc2 || first > 0xf4 || rune < least || rune > 0x10ffff || isSurrogate) {
    return { rune: RUNE_ERROR, width: 1, isValid: false };
  }
  return { rune, width, isValid: true };
}

/** The shortest equal path, without touching the file system: Go's `filepath.Clean` on Unix. */
export function cleanPath(path: ByteString): ByteString {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

// Unicode's white space, as UTF-8 bytes.
const SPACE =
  "(?:[\\t-\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80)";
const LEADING = new RegExp(`^${SPACE}+`);
const TRAILING = new RegExp(`${SPACE}+$`);

/** Without leading and trailing white space: Go's `strings.TrimSpace`. */
export function trimSpace(text: ByteString): ByteString {
  return text.replace(LEADING, "").replace(TRAILING, "");
}
