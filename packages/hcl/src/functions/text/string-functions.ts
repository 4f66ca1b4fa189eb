import {
  compareStrings,
  formatBigFloat,
  listType,
  listValue,
  numberType,
  numberValue,
  stringType,
  stringValue,
  type Value,
} from "../../cty/index.ts";
import { panic, positionOf } from "../core/arguments.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable, type Parameter } from "../core/function.ts";
import { textFunction } from "../core/text-function.ts";
import { graphemes } from "./graphemes.ts";
import { lowerCase, titleCase, upperCase } from "./letter-case.ts";

function text(name: string): Parameter {
  return { name, type: stringType };
}

const strings = listType(stringType);
const spaces = "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const spacesAround = new RegExp(`^${spaces}|${spaces}$`, "g");

/** Strings: go-cty's `stdlib/string.go` and `stdlib/string_replace.go`. */
export const stringFunctions: FunctionTable = {
  chomp: textFunction(["str"], (str) => str.slice(0, endWithout(str, "\r\n"))),
  indent: { params: [{ name: "spaces", type: numberType }, text("str")], type: stringType, impl: indented },
  join: { params: [text("separator")], varParam: { name: "lists", type: strings }, type: stringType, impl: joined },
  lower: textFunction(["str"], lowerCase),
  replace: textFunction(["str", "substr", "replace"], replaced),
  reverse: textFunction(["str"], (str) => graphemes(str).toReversed().join("")),
  sort: { params: [{ name: "list", type: strings }], type: strings, impl: (args) => sorted(args[0]) },
  split: {
    params: [text("separator"), text("str")],
    type: strings,
    impl: (args) => listValue(separated(args[1].asString(), args[0].asString()).map(stringValue), stringType),
  },
  strlen: {
    params: [text("str")],
    type: numberType,
    impl: (args) => numberValue(graphemes(args[0].asString()).length),
  },
  substr: {
    params: [text("str"), { name: "offset", type: numberType }, { name: "length", type: numberType }],
    type: stringType,
    impl: (args) => stringValue(substring(args[0].asString(), positionOf(args[1]), positionOf(args[2]))),
  },
  title: textFunction(["str"], titleCase),
  trim: textFunction(["str", "cutset"], trimmed),
  trimprefix: textFunction(["str", "prefix"], (str, prefix) => {
    return str.startsWith(prefix) ? str.slice(prefix.length) : str;
  }),
  trimspace: textFunction(["str"], (str) => str.replace(spacesAround, "")),
  trimsuffix: textFunction(["str", "suffix"], (str, suffix) => {
    return str.endsWith(suffix) ? str.slice(0, str.length - suffix.length) : str;
  }),
  upper: textFunction(["str"], upperCase),
};

function endWithout(str: string, cutset: string): number {
  let end = str.length;
  while (end > 0 && cutset.includes(str.charAt(end - 1))) end--;
  return end;
}

const widestIndent = 1_000_000;

function indented(args: Arguments): Value {
  const width = positionOf(args[0]);
  if (width < 0) throw panic("strings: negative Repeat count");
  if (width > widestIndent) throw panic("strings: Repeat output length overflow");
  return stringValue(args[1].asString().replaceAll("\n", `\n${" ".repeat(width)}`));
}

function joined(args: Arguments): Value {
  const lists = args.slice(1);
  if (lists.length === 0) throw new FunctionError("at least one list is required");
  const items = lists.flatMap((list, which) =>
    list.asElements().map((element, at) => {
      if (!element.isNull) return element.asString();
      const where = lists.length > 1 ? `element ${at} of list ${which + 1}` : `element ${at}`;
      throw argumentFault(which + 1, `${where} is null; cannot concatenate null values`);
    }),
  );
  return stringValue(items.join(args[0].asString()));
}

// An empty text is found between all characters.
function replaced(str: string, substr: string, replacement: string): string {
  if (substr !== "") return str.replaceAll(substr, () => replacement);
  return replacement + Array.from(str, (character) => character + replacement).join("");
}

function sorted(list: Value): Value {
  const texts = list.asElements().map((element, at) => {
    if (!element.isNull) return element.asString();
    const index = formatBigFloat(numberValue(at).asNumber(), "g", 10);
    throw new FunctionError(`given list element ${index} is null; a null string cannot be sorted`);
  });
  return listValue(texts.sort(compareStrings).map(stringValue), stringType);
}

function separated(str: string, separator: string): readonly string[] {
  return separator === "" ? Array.from(str) : str.split(separator);
}

function substring(str: string, offset: number, length: number): string {
  if (offset >= 0 && length === 0) return "";
  const characters = graphemes(str);
  const start = Math.max(0, offset < 0 ? offset + characters.length : offset);
  // From the end, a length of 0 means the rest: go-cty looks for it before counting.
  return characters.slice(start, length <= 0 ? undefined : start + length).join("");
}

function trimmed(str: string, cutset: string): string {
  const characters = Array.from(str);
  const cut = new Set(cutset);
  const start = characters.findIndex((character) => !cut.has(character));
  const end = characters.findLastIndex((character) => !cut.has(character));
  return start < 0 ? "" : characters.slice(start, end + 1).join("");
}
