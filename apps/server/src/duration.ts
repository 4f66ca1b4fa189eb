import { optionInvalid } from "./problems.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `90s`, `10m`, `2h`, `30d` or `250ms` as milliseconds.
 *
 * @throws {Problem} `option_invalid`, naming `flag`
 */
export function parseDuration(flag: string, text: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(Math.round(ms)))
    throw optionInvalid(flag, text, "use a duration as in 90s, 10m, 2h or 30d");
  return Math.round(ms);
}
