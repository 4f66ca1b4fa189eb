import { quoteCharacter } from "../../cty/index.ts";
import { FunctionError } from "../core/function.ts";

/** One `%` sequence of a format. */
export interface FormatVerb {
  /** As it is written, and where it begins (in bytes of UTF-8), for messages. */
  readonly raw: string;
  readonly offset: number;
  /** Number of the value, from 1. */
  readonly argument: number;
  /** The letter at the end. */
  readonly mode: string;
  /** The characters of `0#-+ ` that are given. */
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/** The largest width or precision: far beyond use, and short of filling the memory. */
const largestSize = 1_000_000;

const sequence =
  /%(?<flags>[0#\-+ ]*)(?<width>[1-9]\d*)?(?<precision>\.\d*)?(?:\[(?<argument>[1-9]\d*)\])?(?<mode>[a-zA-Z])/y;
const beginning = /%[0#\-+ ]*(?:[1-9]\d*)?(?:\.\d*)?(?:\[(?:[1-9]\d*\]?)?)?/y;

/** Splits a format into texts and verbs: go-cty's `format_fsm.rl`. @throws {FunctionError} */
export function* parseFormat(format: string): Generator<string | FormatVerb> {
  let next = 1;
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent !== at) {
      const end = percent < 0 ? format.length : percent;
      yield format.slice(at, end);
      at = end;
    } else if (format[at + 1] === "%") {
      yield "%";
      at += 2;
    } else {
      const verb = parseVerb(format, at, next);
      yield verb;
      at += verb.raw.length;
      next = verb.argument + 1;
    }
  }
}

function parseVerb(format: string, at: number, next: number): FormatVerb {
  sequence.lastIndex = at;
  const match = sequence.exec(format);
  if (match === null) throw malformed(format, at);
  const { flags = "", width, precision, argument, mode = "" } = match.groups ?? {};
  return {
    raw: match[0],
    offset: Buffer.byteLength(format.slice(0, at)),
    argument: argument === undefined ? next : Number(argument),
    mode,
    flags,
    width: width === undefined ? undefined : sizeOf(width),
    precision: precision === undefined ? undefined : sizeOf(precision.slice(1)),
  };
}

function sizeOf(digits: string): number {
  const size = Number(digits);
  if (size > largestSize) throw new FunctionError(`width or precision ${digits} is too large`);
  return size;
}

function malformed(format: string, at: number): FunctionError {
  beginning.lastIndex = at;
  const end = at + (beginning.exec(format)?.[0].length ?? 0);
  const offset = Buffer.byteLength(format.slice(0, end));
  if (end >= format.length) return new FunctionError(`invalid format string starting at offset ${offset}`);
  const character = String.fromCodePoint(format.codePointAt(end) ?? 0);
  return new FunctionError(`unrecognized format character ${quoteCharacter(character)} at offset ${offset}`);
}
