import {
  listType,
  listValue,
  nullValue,
  objectType,
  objectValue,
  stringType,
  stringValue,
  type Type,
  tupleType,
  tupleValue,
  type Value,
} from "../../cty/index.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable } from "../core/function.ts";
import { compilePattern, type Match, RegularExpression } from "./regular-expression.ts";

const params = [
  { name: "pattern", type: stringType },
  { name: "string", type: stringType },
];

/** Regular expressions: go-cty's `stdlib/regexp.go`, and `regex_replace` of its `stdlib/string_replace.go`. */
export const regexFunctions: FunctionTable = {
  regex: {
    params,
    type: (args) => resultType(expressionOf(args)),
    impl: (args) => {
      const expression = expressionOf(args);
      const match = expression.find(args[1].asString());
      if (match === undefined) throw new FunctionError("pattern did not match any part of the given string");
      return resultOf(expression, match);
    },
  },
  regex_replace: {
    params: ["str", "pattern", "replace"].map((name) => ({ name, type: stringType })),
    type: stringType,
    impl: (args) => {
      const expression = compilePattern(args[1].asString());
      if (expression instanceof RegularExpression) {
        return stringValue(expression.replaceAll(args[0].asString(), args[2].asString()));
      }
      throw new FunctionError(`error parsing regexp: ${expression.code}: \`${expression.part}\``);
    },
  },
  regexall: {
    params,
    type: (args) => listType(resultType(expressionOf(args))),
    impl: (args) => {
      const expression = expressionOf(args);
      const results = expression.findAll(args[1].asString()).map((match) => resultOf(expression, match));
      return listValue(results, resultType(expression));
    },
  },
};

function expressionOf(args: Arguments): RegularExpression {
  const expression = compilePattern(args[0].asString());
  if (expression instanceof RegularExpression) return expression;
  throw argumentFault(0, `invalid regexp pattern: ${expression.code} in ${expression.part}`);
}

function resultType({ groupNames }: RegularExpression): Type {
  const named = groupNames.filter((name) => name !== "");
  if (groupNames.length === 0) return stringType;
  if (named.length === 0) return tupleType(groupNames.map(() => stringType));
  if (named.length === groupNames.length) return objectType(named.map((name) => [name, stringType]));
  throw argumentFault(0, "invalid regexp pattern: cannot mix both named and unnamed capture groups");
}

function resultOf({ groupNames }: RegularExpression, match: Match): Value {
  const [whole, ...groups] = match.groups.map((group) => {
    return group === undefined ? nullValue(stringType) : stringValue(group);
  });
  if (groupNames.length === 0) return whole ?? nullValue(stringType);
  if (groupNames[0] === "") return tupleValue(groups);
  return objectValue(groups.map((group, at) => [groupNames[at] ?? "", group]));
}
