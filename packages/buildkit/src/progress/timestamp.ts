import type { Timestamp } from "../gen/google/protobuf/timestamp.ts";

/** Milliseconds since 1970 with the fraction kept to about a quarter of a microsecond: enough for anything shown. */
export function toMs(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
}

/** A moment of this machine as it goes on the wire. */
export function toTimestamp(date: Date): Timestamp {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/**
 * RFC 3339 in UTC with as many digits of the fraction as are needed, at most nine: what Go's JSON prints for a time.
 * A missing timestamp is the start of 1970, as it is for Go's decoder. Moments outside the years 1 to 9999 are clamped.
 */
export function toRfc3339(timestamp: Timestamp | undefined): string {
  const seconds = Math.min(Math.max(Number(timestamp?.seconds ?? 0n), -62_135_596_800), 253_402_300_799);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const nanos = Math.min(Math.max(timestamp?.nanos ?? 0, 0), 999_999_999);
  const fraction = String(nanos).padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}
