import type { Type, Value } from "../cty/index.ts";

/** A parameter of a function. Without the `allow…` marks the function is never called with such a value. */
export interface Parameter {
  readonly name: string;
  /**
   * What the caller converts the argument to. {@link expressionClosureType} and {@link typeConstraintType} ask
   * the evaluator for the unevaluated expression or the type it spells, as a capsule of that type.
   */
  readonly type: Type;
  readonly allowNull?: boolean | undefined;
  /** The function can take an untyped null (and unknown values). */
  readonly allowDynamicType?: boolean | undefined;
}

/** What {@link LanguageFunction} is made from. */
export interface FunctionSpec {
  readonly description?: string | undefined;
  readonly params: readonly Parameter[];
  /** What any further arguments are; absent when there may be none. */
  readonly varParam?: Parameter | undefined;
  /** The type of the result, from the arguments when it depends on them. @throws {FunctionError} */
  readonly type: Type | ((args: readonly Value[]) => Type);
  /** The result, of the type that `type` gave. @throws {FunctionError} @throws {FunctionArgumentError} */
  readonly impl: (args: readonly Value[], returnType: Type) => Value;
}

/** A function failed: go-cty's `error` of a function. The message is for `Call to function "x" failed: …`. */
export class FunctionError extends Error {
  override readonly name: string = "FunctionError";
}

/** A function failed because of one argument: the message is for `Invalid value for "x" parameter: …`. */
export class FunctionArgumentError extends FunctionError {
  override readonly name = "FunctionArgumentError";
  /** Position of the argument, from 0; those of `varParam` follow on. */
  readonly argument: number;

  constructor(argument: number, message: string) {
    super(message);
    this.argument = argument;
  }
}

/** A function of the language: go-cty's `function.Function`. */
export class LanguageFunction {
  readonly spec: FunctionSpec;

  constructor(spec: FunctionSpec) {
    this.spec = spec;
  }

  get params(): readonly Parameter[] {
    return this.spec.params;
  }

  get varParam(): Parameter | undefined {
    return this.spec.varParam;
  }

  /**
   * Calls the function with arguments already converted to the parameters' types.
   * @throws {FunctionArgumentError} an argument is null or does not fit.
   * @throws {FunctionError} anything else that the function reports.
   */
  call(args: readonly Value[]): Value {
    const type = typeof this.spec.type === "function" ? this.spec.type(args) : this.spec.type;
    return this.spec.impl(args, type);
  }
}
