import { optionInvalid } from "./problems.ts";

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/**
 * Reads `500MB`, `50GB` or `1TB` as bytes.
 *
 * @throws {Problem} `option_invalid`, naming `flag`
 */
export function parseBytes(flag: string, text: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]?B)$/i.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(count) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw optionInvalid(flag, text, "use a size as in 500MB, 50GB or 1TB");
  return bytes;
}

/** For people: `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, one]) => bytes >= one) ?? ["B", 1];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
