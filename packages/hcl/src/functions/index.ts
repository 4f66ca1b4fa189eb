export { type ClosureFault, type ExpressionClosure, expressionClosureType, typeConstraintType } from "./closure.ts";
export {
  FunctionArgumentError,
  FunctionError,
  type FunctionSpec,
  LanguageFunction,
  type Parameter,
} from "./function.ts";
export { operatorFunctions } from "./operators.ts";
export { createStandardLibrary, type FunctionEnvironment } from "./standard-library.ts";
