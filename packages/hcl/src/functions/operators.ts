import { LanguageFunction } from "./function.ts";
import { logicFunctions } from "./logic-functions.ts";
import { numberFunctions } from "./number-functions.ts";

/** The functions behind the operators of expressions, whatever functions an expression may call. */
export const operatorFunctions = {
  add: new LanguageFunction(numberFunctions.add),
  and: new LanguageFunction(logicFunctions.and),
  divide: new LanguageFunction(numberFunctions.divide),
  equal: new LanguageFunction(logicFunctions.equal),
  greaterThan: new LanguageFunction(numberFunctions.greaterthan),
  greaterThanOrEqual: new LanguageFunction(numberFunctions.greaterthanorequalto),
  lessThan: new LanguageFunction(numberFunctions.lessthan),
  lessThanOrEqual: new LanguageFunction(numberFunctions.lessthanorequalto),
  modulo: new LanguageFunction(numberFunctions.modulo),
  multiply: new LanguageFunction(numberFunctions.multiply),
  negate: new LanguageFunction(numberFunctions.negate),
  not: new LanguageFunction(logicFunctions.not),
  notEqual: new LanguageFunction(logicFunctions.notequal),
  or: new LanguageFunction(logicFunctions.or),
  subtract: new LanguageFunction(numberFunctions.subtract),
} as const;
