import { boolType, boolValue, convert, dynamicType, unify, valuesEqual } from "../../cty/index.ts";
import { FunctionError, type FunctionTable, type Parameter } from "../core/function.ts";

function anything(name: string): Parameter {
  return { name, type: dynamicType, allowNull: true, allowDynamicType: true };
}

function truth(name: string): Parameter {
  return { name, type: boolType, allowDynamicType: true };
}

const pair = [anything("a"), anything("b")];
const truths = [truth("a"), truth("b")];

/** Truth and equality: go-cty's `stdlib/bool.go` and `stdlib/general.go`. */
export const logicFunctions: FunctionTable = {
  and: { params: truths, type: boolType, impl: (args) => boolValue(args[0].asBool() && args[1].asBool()) },
  coalesce: {
    params: [],
    varParam: anything("vals"),
    type: (args) => {
      const types = args.map((arg) => arg.type);
      const unified = unify(types, true);
      if (unified === undefined) throw new FunctionError("all arguments must have the same type");
      return unified.type;
    },
    impl: (args, type) => {
      const found = args.find((arg) => !arg.isNull);
      if (found === undefined) throw new FunctionError("no non-null arguments");
      return convert(found, type);
    },
  },
  equal: { params: pair, type: boolType, impl: (args) => boolValue(valuesEqual(args[0], args[1])) },
  not: { params: [truth("val")], type: boolType, impl: (args) => boolValue(!args[0].asBool()) },
  notequal: { params: pair, type: boolType, impl: (args) => boolValue(!valuesEqual(args[0], args[1])) },
  or: { params: truths, type: boolType, impl: (args) => boolValue(args[0].asBool() || args[1].asBool()) },
};
