import { rangeUnsatisfiable } from "../problems.ts";

/** First byte and the first one after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** As many parts as containers/storage asks for at once when it pulls what it lacks of a layer. */
const MAX_RANGES = 1024;

/**
 * The parts of `size` bytes that a Range header asks for (RFC 9110 section 14.2), one for each range in the order of the
 * header, without those that lie behind the end; undefined for the whole. Other units, what cannot be read, more than
 * 1024 ranges and ranges that overlap or go backwards are answered with the whole, which the RFC allows.
 *
 * @throws {Problem} `range_unsatisfiable` when nothing is left
 */
export function parseRanges(header: string | undefined, size: number): readonly ByteRange[] | undefined {
  const words = /^bytes=(.*)$/i.exec(header?.trim() ?? "")?.[1]?.split(",");
  if (header === undefined || words === undefined || words.length > MAX_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  for (const word of words) {
    const range = parseOne(word.trim(), size);
    if (range === undefined) return undefined;
    if (range.start < range.end) ranges.push(range);
  }
  if (ranges.length === 0) throw rangeUnsatisfiable(header, size);
  return isAscending(ranges) ? ranges : undefined;
}

/** One range of a header, cut to what there is; empty when it is outside, undefined when it is none. */
function parseOne(word: string, size: number): ByteRange | undefined {
  const [, first, last] = /^(\d{0,15})-(\d{0,15})$/.exec(word) ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "") return { start: Math.max(0, size - Number(last)), end: size };
  // The RFC would allow the whole for a range that runs backwards; the conformance suite wants it refused.
  return { start: Number(first), end: last === "" ? size : Math.min(Number(last) + 1, size) };
}

function isAscending(ranges: readonly ByteRange[]): boolean {
  return ranges.every(({ start }, index) => start >= (ranges[index - 1]?.end ?? 0));
}

/** A chunk's Content-Range: `first-last`, with or without `bytes` and a total. */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/i.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Number(last) + 1 };
}
