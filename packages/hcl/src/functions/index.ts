export {
  FunctionArgumentError,
  FunctionError,
  type FunctionSpec,
  LanguageFunction,
  type Parameter,
} from "./core/function.ts";
export {
  type ClosureFault,
  type ExpressionClosure,
  expressionClosureType,
  typeConstraintType,
} from "./expressions/closure.ts";
export { operatorFunctions } from "./numbers/operators.ts";
export { createStandardLibrary, type FunctionEnvironment } from "./standard-library.ts";
