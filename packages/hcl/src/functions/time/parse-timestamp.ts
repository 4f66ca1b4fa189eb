import { quote } from "../../cty/index.ts";
import { FunctionError } from "../core/function.ts";
import { daysInMonth } from "./calendar.ts";
import { type Timestamp, timestampAt } from "./timestamp.ts";

/** What of a timestamp could not be read, as Go's `time.ParseError` tells it. */
class TimestampFault extends Error {
  override readonly name = "TimestampFault";
  readonly element: string;
  /** The text in its place. */
  readonly found: string;
  readonly range: string | undefined;

  constructor(element: string, found: string, range?: string) {
    super(element);
    this.element = element;
    this.found = found;
    this.range = range;
  }
}

const strict = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a timestamp of RFC 3339: go-cty's `datetime_rfc3339.go`.
 * @throws {FunctionError} with the messages of go-cty's `parseTimestamp`.
 */
export function parseTimestamp(text: string): Timestamp {
  try {
    const timestamp = parseLeniently(text);
    if (!strict.test(text)) throw leniencyFault(text);
    return timestamp;
  } catch (error) {
    if (!(error instanceof TimestampFault)) throw error;
    throw new FunctionError(`not a valid RFC3339 timestamp${explain(error)}`, { cause: error });
  }
}

/** Reads what Go's `time.Parse` takes for RFC 3339, which is a little more; undefined when it is not. */
export function parseLenientTimestamp(text: string): Timestamp | undefined {
  try {
    return parseLeniently(text);
  } catch (error) {
    if (error instanceof TimestampFault) return undefined;
    throw error;
  }
}

// What the lenient reading lets through.
function leniencyFault(text: string): TimestampFault {
  if (text[12] === ":") return new TimestampFault("hour", text.charAt(11));
  if (text[19] === ",") return new TimestampFault("timestamp segment", ",");
  return new TimestampFault("UTC offset", text.slice(-6));
}

function explain(fault: TimestampFault): string {
  const { element, found, range } = fault;
  if (range !== undefined && element === "") return `: ${range}`;
  if (element === "T") return ": missing required time introducer 'T'";
  if (element === ":" || element === "-") {
    return found === ""
      ? `: end of string where ${quote(element)} is expected`
      : `: found ${quote(found)} where ${quote(element)} is expected`;
  }
  const name = element === "" ? "timestamp segment" : element;
  if (found === "") return `: end of string before ${name}`;
  if (name === "hour" && found.includes(":")) return ": hour must be between 0 and 23 inclusive";
  if ((name === "hour" || name === "minute") && Buffer.byteLength(found) !== 2) {
    return `: ${name} must have exactly two digits`;
  }
  return `: cannot use ${quote(found)} as ${name}`;
}

function parseLeniently(text: string): Timestamp {
  const reader = new TimestampReader(text);
  const year = reader.year();
  reader.expect("-");
  const month = reader.number("month", { least: 1, most: 12, digits: 2 });
  reader.expect("-");
  const day = reader.number("day of month", { least: 0, most: 99, digits: 2 });
  reader.expect("T");
  const hour = reader.number("hour", { least: 0, most: 23, digits: 1 });
  reader.expect(":");
  const minute = reader.number("minute", { least: 0, most: 59, digits: 2 });
  reader.expect(":");
  const second = reader.number("second", { least: 0, most: 59, digits: 2 });
  const nanoseconds = reader.fraction();
  const offset = reader.offset();
  reader.end();
  if (day < 1 || day > daysInMonth(year, month)) throw new TimestampFault("", "", "day out of range");
  return timestampAt({ year, month, day, hour, minute, second }, { offset, nanoseconds });
}

/** Reads piece by piece, and faults with what is left, as Go's `time.Parse` does. */
class TimestampReader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  expect(mark: string): void {
    if (!this.#rest.startsWith(mark)) throw new TimestampFault(mark, this.#rest);
    this.#rest = this.#rest.slice(1);
  }

  year(): number {
    const match = /^\d{4}/.exec(this.#rest);
    if (match === null) throw new TimestampFault("year", this.#rest);
    this.#rest = this.#rest.slice(4);
    return Number(match[0]);
  }

  number(name: string, limits: { readonly least: number; readonly most: number; readonly digits: 1 | 2 }): number {
    const match = (limits.digits === 2 ? /^\d\d/ : /^\d\d?/).exec(this.#rest);
    if (match === null) throw new TimestampFault(name, this.#rest);
    this.#rest = this.#rest.slice(match[0].length);
    const number = Number(match[0]);
    if (number < limits.least || number > limits.most) throw new TimestampFault(name, this.#rest, "out of range");
    return number;
  }

  fraction(): number {
    const match = /^[.,](\d+)/.exec(this.#rest);
    if (match === null) return 0;
    this.#rest = this.#rest.slice(match[0].length);
    return Number((match[1] ?? "").slice(0, 9).padEnd(9, "0"));
  }

  offset(): number {
    const name = "UTC offset";
    if (this.#rest.startsWith("Z")) {
      this.#rest = this.#rest.slice(1);
      return 0;
    }
    const match = /^([+-])(\d\d):(\d\d)/.exec(this.#rest);
    if (match === null) throw new TimestampFault(name, this.#rest);
    const [hours, minutes] = [Number(match[2]), Number(match[3])];
    this.#rest = this.#rest.slice(match[0].length);
    if (hours > 24 || minutes > 60) throw new TimestampFault(name, this.#rest, "out of range");
    const offset = (hours * 60 + minutes) * 60;
    return match[1] === "-" ? -offset : offset;
  }

  end(): void {
    if (this.#rest !== "") throw new TimestampFault("", this.#rest, undefined);
  }
}
