import { rangeUnsatisfiable } from "../problems.ts";

/** First byte and the first one after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of `size` bytes that a Range header asks for (RFC 9110 section 14.2); undefined for the whole. Several ranges
 * at once, other units and what cannot be read are answered with the whole, which the RFC allows.
 *
 * @throws {Problem} `range_unsatisfiable`
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? "") ?? [];
  if (header === undefined || first === undefined || last === undefined || first + last === "") return undefined;
  if (first === "") {
    if (Number(last) === 0 || size === 0) throw rangeUnsatisfiable(header, size);
    return { start: Math.max(0, size - Number(last)), end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  // The RFC would allow the whole for a range that runs backwards; the conformance suite wants it refused.
  if (start >= size || (last !== "" && Number(last) < start)) throw rangeUnsatisfiable(header, size);
  return { start, end };
}

/** A chunk's Content-Range: `first-last`, with or without `bytes` and a total. */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/i.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Number(last) + 1 };
}
