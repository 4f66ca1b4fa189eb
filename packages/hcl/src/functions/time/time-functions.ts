import {
  dynamicType,
  numberType,
  numberValue,
  objectType,
  objectValue,
  stringType,
  stringValue,
  type Type,
  type Value,
} from "../../cty/index.ts";
import { integerOf } from "../core/arguments.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable, onArgument } from "../core/function.ts";
import { daysFromDate, isoWeekOf, monthNames, weekdayNames } from "./calendar.ts";
import { parseDuration } from "./duration.ts";
import { formatDate } from "./format-date.ts";
import { parseLenientTimestamp, parseTimestamp } from "./parse-timestamp.ts";
import { formatRfc3339, type Timestamp, timestampFields } from "./timestamp.ts";

/** Times: go-cty's `stdlib/datetime.go`, and the functions of buildx's `bake/hclparser/stdlib.go`. */
export const timeFunctions: FunctionTable = {
  formatdate: {
    params: [
      { name: "format", type: stringType },
      { name: "time", type: stringType },
    ],
    type: stringType,
    impl: (args) => {
      const timestamp = onArgument(1, () => parseTimestamp(args[1].asString()));
      return stringValue(formatDate(args[0].asString(), timestamp));
    },
  },
  formattimestamp: {
    params: [
      { name: "format", type: stringType },
      { name: "time", type: dynamicType },
    ],
    type: stringType,
    impl: (args) => stringValue(formatTimestamp(args)),
  },
  timeadd: {
    params: [
      { name: "timestamp", type: stringType },
      { name: "duration", type: stringType },
    ],
    type: stringType,
    impl: (args) => stringValue(addTime(args[0].asString(), args[1].asString())),
  },
  unixtimestampparse: {
    params: [{ name: "unix_timestamp", type: numberType }],
    type: partsType(),
    impl: (args) => timestampParts(onArgument(0, () => unixTimestamp(args[0]))),
  },
};

function formatTimestamp(args: Arguments): string {
  const [format, time] = [args[0].asString(), args[1]];
  if (time.type.kind === "string") {
    if (format !== "X")
      return formatDate(
        format,
        onArgument(1, () => parseTimestamp(time.asString())),
      );
    const timestamp = parseLenientTimestamp(time.asString());
    if (timestamp === undefined) throw argumentFault(1, "timestamp string must be RFC3339");
    return String(timestamp.seconds);
  }
  if (time.type.kind !== "number") {
    throw argumentFault(1, "must be a string timestamp or a unix timestamp number");
  }
  const timestamp = onArgument(1, () => unixTimestamp(time));
  if (format === "X") return String(timestamp.seconds);
  return formatDate(
    format,
    onArgument(1, () => parseTimestamp(formatRfc3339(timestamp))),
  );
}

function unixTimestamp(value: Value): Timestamp {
  try {
    return { seconds: Number(integerOf(value)), nanoseconds: 0, offset: 0 };
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    throw new FunctionError("unix timestamp must be an integer", { cause: error });
  }
}

const nanosecondsOfSecond = 1_000_000_000n;

function addTime(text: string, durationText: string): string {
  const timestamp = parseTimestamp(text);
  const duration = parseDuration(durationText);
  const total = BigInt(timestamp.seconds) * nanosecondsOfSecond + BigInt(timestamp.nanoseconds) + duration;
  const remainder = ((total % nanosecondsOfSecond) + nanosecondsOfSecond) % nanosecondsOfSecond;
  const seconds = Number((total - remainder) / nanosecondsOfSecond);
  return formatRfc3339({ ...timestamp, seconds, nanoseconds: Number(remainder) });
}

function partsType(): Type {
  const texts = ["month_name", "weekday_name", "rfc3339"];
  const numbers = ["year", "year_day", "day", "month", "weekday", "hour", "minute", "second", "iso_year", "iso_week"];
  return objectType([
    ...texts.map((name) => [name, stringType] as const),
    ...numbers.map((name) => [name, numberType] as const),
  ]);
}

function timestampParts(timestamp: Timestamp): Value {
  const at = timestampFields(timestamp);
  const iso = isoWeekOf(at.days);
  const numbers = {
    year: at.year,
    year_day: at.days - daysFromDate(at.year, 1, 1) + 1,
    day: at.day,
    month: at.month,
    weekday: at.weekday,
    hour: at.hour,
    minute: at.minute,
    second: at.second,
    iso_year: iso.year,
    iso_week: iso.week,
  };
  return objectValue([
    ...Object.entries(numbers).map(([name, number]) => [name, numberValue(number)] as const),
    ["month_name", stringValue(monthNames[at.month - 1] ?? "")],
    ["weekday_name", stringValue(weekdayNames[at.weekday] ?? "")],
    ["rfc3339", stringValue(formatRfc3339(timestamp))],
  ]);
}
