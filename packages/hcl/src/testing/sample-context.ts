import {
  dynamicNull,
  listType,
  listValue,
  mapValue,
  nullValue,
  numberType,
  numberValue,
  objectType,
  objectValue,
  setValue,
  stringType,
  stringValue,
  trueValue,
  tupleValue,
  type Value,
} from "../cty/index.ts";
import { EvalContext } from "../eval/eval-context.ts";
import { createStandardLibrary, type LanguageFunction } from "../functions/index.ts";

const withNumbers = (id: string, numbers: readonly number[]): Value =>
  objectValue([
    ["id", stringValue(id)],
    ["n", listValue(numbers.map(numberValue), numberType)],
  ]);

/** A value of every kind, and a few functions. */
export function sampleContext(): EvalContext {
  const library = createStandardLibrary({
    now: () => 0,
    homeDirectory: () => "/home",
    randomBytes: (size) => new Uint8Array(size),
  });
  const functions = new Map<string, LanguageFunction>();
  for (const name of ["upper", "length", "concat", "join", "max", "parseint", "try", "can", "convert"]) {
    const found = library.get(name);
    if (found !== undefined) functions.set(name, found);
  }
  const upper = functions.get("upper");
  if (upper !== undefined) functions.set("ns::upper", upper);
  return new EvalContext({ variables: sampleVariables(), functions });
}

function sampleVariables(): Map<string, Value> {
  const objects = [withNumbers("one", [1]), withNumbers("two", [2, 3])];
  const idOnly = objectType([["id", stringType]]);
  return new Map<string, Value>([
    ["name", stringValue("app")],
    ["number", numberValue(3)],
    ["truth", trueValue],
    ["nothing", dynamicNull],
    ["nostring", nullValue(stringType)],
    ["list", listValue([stringValue("a"), stringValue("b")], stringType)],
    ["empty", listValue([], stringType)],
    ["nolist", nullValue(listType(stringType))],
    ["set", setValue([stringValue("y"), stringValue("x")], stringType)],
    [
      "map",
      mapValue(
        [
          ["k", stringValue("v")],
          ["a", stringValue("b")],
        ],
        stringType,
      ),
    ],
    ["tuple", tupleValue([numberValue(1), stringValue("two"), trueValue])],
    [
      "object",
      objectValue([
        ["x", numberValue(1)],
        ["y", stringValue("why")],
        ["0", stringValue("zero")],
      ]),
    ],
    ["objects", listValue(objects, objects[0]?.type ?? idOnly)],
    ["objectset", setValue([objectValue([["id", stringValue("one")]])], idOnly)],
  ]);
}
