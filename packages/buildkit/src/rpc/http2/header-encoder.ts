import { STATIC_TABLE } from "./static-table.ts";

/** Header fields in order: names and values in turn, as Node's `rawHeaders`; values hold a byte in each character. */
export type HeaderFields = readonly string[];

/** Says that our dynamic table has no room: RFC 7541 section 6.3. */
const NO_DYNAMIC_TABLE = 0x20;

/**
 * Encodes header blocks: fields of the static table by their number, all others as they are, so that no state is shared
 * with the peer's decoder. gRPC's few headers gain nothing from more.
 */
export class HeaderEncoder {
  #isFirst = true;

  encode(fields: HeaderFields): Buffer {
    const parts: number[] = [];
    if (this.#isFirst) parts.push(NO_DYNAMIC_TABLE);
    this.#isFirst = false;
    const texts: Array<{ readonly at: number; readonly text: string }> = [];
    let bytes = 0;
    const writeText = (text: string): void => {
      writeInteger(parts, { prefixBits: 7, first: 0, value: text.length });
      texts.push({ at: parts.length, text });
      bytes += text.length;
    };
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [name, value] = [fields[at] ?? "", fields[at + 1] ?? ""];
      const exact = findEntry(name, value);
      if (exact > 0) {
        writeInteger(parts, { prefixBits: 7, first: 0x80, value: exact });
        continue;
      }
      const named = findEntry(name, undefined);
      writeInteger(parts, { prefixBits: 4, first: 0, value: named });
      if (named === 0) writeText(name);
      writeText(value);
    }
    return join(parts, texts, bytes);
  }
}

function join(
  parts: readonly number[],
  texts: ReadonlyArray<{ readonly at: number; readonly text: string }>,
  textBytes: number,
): Buffer {
  const block = Buffer.allocUnsafe(parts.length + textBytes);
  let written = 0;
  let taken = 0;
  for (const { at, text } of [...texts, { at: parts.length, text: "" }]) {
    while (taken < at) block[written++] = parts[taken++] ?? 0;
    written += block.write(text, written, "latin1");
  }
  return block;
}

/** The number of an entry with this name and, if given, this value; 0 when there is none. */
function findEntry(name: string, value: string | undefined): number {
  for (let at = 0; at < STATIC_TABLE.length; at += 2) {
    if (STATIC_TABLE[at] === name && (value === undefined || STATIC_TABLE[at + 1] === value)) return at / 2 + 1;
  }
  return 0;
}

/** RFC 7541 section 5.1. */
function writeInteger(
  target: number[],
  { prefixBits, first, value }: { readonly prefixBits: number; readonly first: number; readonly value: number },
): void {
  const limit = (1 << prefixBits) - 1;
  if (value < limit) {
    target.push(first | value);
    return;
  }
  target.push(first | limit);
  let rest = value - limit;
  while (rest > 0x7f) {
    target.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  target.push(rest);
}
