import { rangeUnsatisfiable } from "../problems.ts";

/** First byte, and the first one that is not wanted. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a Range header asks for (RFC 9110 section 14.2): one range with a beginning. Everything else is answered
 * with the whole, which the RFC allows.
 *
 * @throws {Problem} `range_unsatisfiable`
 */
export function parsePart(header: string | undefined, size: number): Part | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  const end = last ? Math.min(Number(last) + 1, size) : size;
  if (start >= size) throw rangeUnsatisfiable(size);
  return end > start ? { start, end } : undefined;
}
