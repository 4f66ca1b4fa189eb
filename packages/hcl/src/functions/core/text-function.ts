import { stringType, stringValue } from "../../cty/index.ts";
import type { FunctionSpec } from "./function.ts";

/** A function from strings (at most three, of these names) to a string. */
export function textFunction(
  names: readonly string[],
  compute: (first: string, second: string, third: string) => string,
): FunctionSpec {
  return {
    params: names.map((name) => ({ name, type: stringType })),
    type: stringType,
    impl: (args) => {
      const [first = "", second = "", third = ""] = args.map((arg) => arg.asString());
      return stringValue(compute(first, second, third));
    },
  };
}
