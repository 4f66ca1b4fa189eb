import { type CalendarDate, dateFromDays, daysFromDate, weekdayOf } from "./calendar.ts";

const secondsOfDay = 86_400;

/** A point in time, shown in a zone: what Go's `time.Time` is here. */
export interface Timestamp {
  /** Since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** Of the zone, east of Greenwich, in seconds. */
  readonly offset: number;
}

/** A timestamp as the calendar and the clock of its zone show it. */
export interface TimestampFields extends CalendarDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 for Sunday. */
  readonly weekday: number;
  /** Days since 1970-01-01. */
  readonly days: number;
}

/** What calendar and clock show at a timestamp. */
export function timestampFields({ seconds, offset }: Timestamp): TimestampFields {
  const local = seconds + offset;
  const days = Math.floor(local / secondsOfDay);
  const rest = local - days * secondsOfDay;
  return {
    ...dateFromDays(days),
    days,
    weekday: weekdayOf(days),
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  };
}

/** The timestamp at which calendar and clock of a zone show this. */
export function timestampAt(
  shown: Pick<TimestampFields, "year" | "month" | "day" | "hour" | "minute" | "second">,
  zone: { readonly offset: number; readonly nanoseconds: number },
): Timestamp {
  const days = daysFromDate(shown.year, shown.month, shown.day);
  const seconds = days * secondsOfDay + shown.hour * 3600 + shown.minute * 60 + shown.second - zone.offset;
  return { seconds, nanoseconds: zone.nanoseconds, offset: zone.offset };
}

/** Writes a timestamp by RFC 3339, to the second, as Go does: `2024-05-01T10:00:00Z`. */
export function formatRfc3339(timestamp: Timestamp): string {
  const at = timestampFields(timestamp);
  const date = `${padYear(at.year)}-${pad(at.month)}-${pad(at.day)}`;
  const zone = timestamp.offset === 0 ? "Z" : formatOffset(timestamp.offset, ":");
  return `${date}T${pad(at.hour)}:${pad(at.minute)}:${pad(at.second)}${zone}`;
}

/** `+hh:mm`, with `separator` for the colon. */
export function formatOffset(offset: number, separator: string): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}${separator}${pad(minutes % 60)}`;
}

/** A number of at least two digits. */
export function pad(number: number): string {
  return String(number).padStart(2, "0");
}

function padYear(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, "0")}` : String(year).padStart(4, "0");
}
