import { type FunctionTable, LanguageFunction } from "../core/function.ts";
import { logicFunctions } from "./logic-functions.ts";
import { numberFunctions } from "./number-functions.ts";

/** The operators of expressions that are functions. */
export type OperatorName =
  | "add"
  | "and"
  | "divide"
  | "equal"
  | "greaterThan"
  | "greaterThanOrEqual"
  | "lessThan"
  | "lessThanOrEqual"
  | "modulo"
  | "multiply"
  | "negate"
  | "not"
  | "notEqual"
  | "or"
  | "subtract";

/** The functions behind the operators of expressions, whatever functions an expression may call. */
export const operatorFunctions: Readonly<Record<OperatorName, LanguageFunction>> = {
  add: operator(numberFunctions, "add"),
  and: operator(logicFunctions, "and"),
  divide: operator(numberFunctions, "divide"),
  equal: operator(logicFunctions, "equal"),
  greaterThan: operator(numberFunctions, "greaterthan"),
  greaterThanOrEqual: operator(numberFunctions, "greaterthanorequalto"),
  lessThan: operator(numberFunctions, "lessthan"),
  lessThanOrEqual: operator(numberFunctions, "lessthanorequalto"),
  modulo: operator(numberFunctions, "modulo"),
  multiply: operator(numberFunctions, "multiply"),
  negate: operator(numberFunctions, "negate"),
  not: operator(logicFunctions, "not"),
  notEqual: operator(logicFunctions, "notequal"),
  or: operator(logicFunctions, "or"),
  subtract: operator(numberFunctions, "subtract"),
};

function operator(table: FunctionTable, name: string): LanguageFunction {
  const spec = table[name];
  if (spec === undefined) throw new Error(`no function ${name}`);
  return new LanguageFunction(spec);
}
