import { quote } from "../../cty/index.ts";
import { argumentFault } from "../core/function.ts";
import { monthNames, weekdayNames } from "./calendar.ts";
import { formatOffset, pad, type Timestamp, type TimestampFields, timestampFields } from "./timestamp.ts";

const token = /''|'(?:''|[^'])*'?|([a-zA-Z])\1*|[^a-zA-Z']+/g;

/**
 * Writes a timestamp by a pattern like `YYYY-MM-DD'T'hh:mm:ssZ`: go-cty's `formatdate`.
 * @throws {FunctionArgumentError} for a faulty pattern, of argument 0.
 */
export function formatDate(pattern: string, timestamp: Timestamp): string {
  const at = timestampFields(timestamp);
  const parts = Array.from(pattern.matchAll(token), ([part]) => {
    if (part.startsWith("'")) return literal(part);
    return /^[a-zA-Z]/.test(part) ? field(part, at, timestamp.offset) : part;
  });
  return parts.join("");
}

function literal(part: string): string {
  if (part === "''") return "'";
  if (part.length === 1 || !part.endsWith("'")) throw argumentFault(0, "unterminated literal '");
  return part.slice(1, -1).replace(/''?/g, "'");
}

function field(part: string, at: TimestampFields, offset: number): string {
  switch (part.charAt(0)) {
    case "Y":
      return year(part, at.year);
    case "M":
      return month(part, at.month);
    case "D":
      return number(part, at.day, 'day of month must either be "D" or "DD"');
    case "E":
      return weekday(part, at.weekday);
    case "h":
      return number(part, at.hour, '24-hour must either be "h" or "hh"');
    case "H":
      return number(part, at.hour % 12 || 12, '12-hour must either be "H" or "HH"');
    case "A":
    case "a":
      return halfOfDay(part, at.hour);
    case "m":
      return number(part, at.minute, 'minute must either be "m" or "mm"');
    case "s":
      return number(part, at.second, 'second must either be "s" or "ss"');
    case "Z":
      return zone(part, offset);
    default:
      throw argumentFault(0, `invalid date format verb ${quote(part)}`);
  }
}

function refuse(part: string, rule: string): Error {
  return argumentFault(0, `invalid date format verb ${quote(part)}: ${rule}`);
}

function number(part: string, value: number, rule: string): string {
  if (part.length === 1) return String(value);
  if (part.length === 2) return pad(value);
  throw refuse(part, rule);
}

function year(part: string, value: number): string {
  if (part.length === 2) return pad(value % 100);
  if (part.length === 4) return String(value).padStart(4, "0");
  throw refuse(part, 'year must either be "YY" or "YYYY"');
}

function month(part: string, value: number): string {
  const name = monthNames[value - 1] ?? "";
  if (part.length === 3) return name.slice(0, 3);
  if (part.length === 4) return name;
  return number(part, value, 'month must be "M", "MM", "MMM", or "MMMM"');
}

function weekday(part: string, value: number): string {
  const name = weekdayNames[value] ?? "";
  if (part.length === 3) return name.slice(0, 3);
  if (part.length === 4) return name;
  throw refuse(part, 'day of week must either be "EEE" or "EEEE"');
}

function halfOfDay(part: string, hour: number): string {
  if (part.length !== 2) throw refuse(part, `must be "${part.charAt(0).repeat(2)}"`);
  const text = hour < 12 ? "am" : "pm";
  return part === "AA" ? text.toUpperCase() : text;
}

function zone(part: string, offset: number): string {
  switch (part.length) {
    case 1:
      return offset === 0 ? "Z" : formatOffset(offset, ":");
    case 3:
      return offset === 0 ? "UTC" : formatOffset(offset, "");
    case 4:
      return formatOffset(offset, "");
    case 5:
      return formatOffset(offset, ":");
    default:
      throw refuse(part, "timezone must be Z, ZZZZ, or ZZZZZ");
  }
}
