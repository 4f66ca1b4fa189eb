import { dynamicType, nonconformity, PathError, type Type, unknownValue, type Value } from "../../cty/index.ts";

/** A parameter of a function. Without the `allow…` marks the function is never called with such a value. */
export interface Parameter {
  readonly name: string;
  /**
   * What the caller converts the argument to. `expressionClosureType` and `typeConstraintType` ask the evaluator
   * for the unevaluated expression or the type it spells, as a capsule of that type.
   */
  readonly type: Type;
  readonly allowNull?: boolean | undefined;
  /** The function can take an untyped null. */
  readonly allowDynamicType?: boolean | undefined;
}

/**
 * The arguments of a call. There are as many as `params` asks for, so a function may name those of its own; those of
 * `varParam` are to be looked for.
 */
export type Arguments = readonly Value[] & { readonly 0: Value; readonly 1: Value; readonly 2: Value };

/** What a {@link LanguageFunction} is made from: go-cty's `function.Spec`. */
export interface FunctionSpec {
  readonly params: readonly Parameter[];
  /** What any further arguments are; absent when there may be none. */
  readonly varParam?: Parameter | undefined;
  /** The type of the result, from the arguments when it depends on them. @throws {FunctionError} */
  readonly type: Type | ((args: Arguments) => Type);
  /** The result, of the type that `type` gave. @throws {FunctionError} */
  readonly impl: (args: Arguments, returnType: Type) => Value;
}

/** A function failed. HCL tells it as `Call to function "x" failed: <message>.` */
export class FunctionError extends Error {
  override readonly name: string = "FunctionError";
}

/** A function failed because of one argument. HCL tells it as `Invalid value for "x" parameter: <message>.` */
export class FunctionArgumentError extends FunctionError {
  override readonly name = "FunctionArgumentError";
  /** Position of the argument, from 0; those of `varParam` follow on. It may lie behind the last one. */
  readonly argument: number;

  constructor(message: string, options: { readonly argument: number; readonly cause?: unknown }) {
    super(message, options);
    this.argument = options.argument;
  }
}

/** Makes a {@link FunctionArgumentError}. */
export function argumentFault(argument: number, message: string, cause?: unknown): FunctionArgumentError {
  return new FunctionArgumentError(message, { argument, cause });
}

/** A function of the language: go-cty's `function.Function`. */
export class LanguageFunction {
  readonly params: readonly Parameter[];
  readonly varParam: Parameter | undefined;
  readonly #spec: FunctionSpec;

  constructor(spec: FunctionSpec) {
    this.params = spec.params;
    this.varParam = spec.varParam;
    this.#spec = spec;
  }

  /**
   * Calls the function with arguments already converted to the parameters' types. The result is unknown only where
   * an argument is, or is an untyped null that the function cannot take.
   * @throws {FunctionArgumentError} an argument is null or does not fit.
   * @throws {FunctionError} anything else that the function reports.
   */
  call(args: readonly Value[]): Value {
    this.#checkCount(args.length);
    let known = true;
    for (const [at, arg] of args.entries()) {
      const parameter = this.params[at] ?? this.varParam;
      if (parameter !== undefined) known = checkArgument(at, arg, parameter) && known;
    }
    if (!known) return unknownValue(typeof this.#spec.type === "function" ? dynamicType : this.#spec.type);
    const given = args as Arguments; // the count was checked
    return reportingFaults(() => {
      const type = typeof this.#spec.type === "function" ? this.#spec.type(given) : this.#spec.type;
      return this.#spec.impl(given, type);
    });
  }

  #checkCount(given: number): void {
    const required = this.params.length;
    if (this.varParam === undefined && given !== required) {
      throw new FunctionError(`wrong number of arguments (${required} required; ${given} given)`);
    }
    if (given < required) {
      throw new FunctionError(`wrong number of arguments (at least ${required} required; ${given} given)`);
    }
  }
}

function checkArgument(at: number, arg: Value, parameter: Parameter): boolean {
  if (arg.isNull && parameter.allowNull !== true) throw argumentFault(at, "argument must not be null");
  if (!arg.isKnown) return false;
  if (arg.type.kind === "dynamic") return parameter.allowDynamicType === true;
  const reason = nonconformity(arg.type, parameter.type);
  if (reason !== undefined) throw argumentFault(at, reason);
  return true;
}

// Failed conversions within a function are failures of the function, and so is a result beyond all size.
function reportingFaults(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof PathError) throw new FunctionError(error.message, { cause: error });
    if (!(error instanceof RangeError)) throw error;
    throw new FunctionError(`panic in function implementation: ${error.message}`, { cause: error });
  }
}

/** Does work on one argument: a conversion that fails there is that argument's fault. */
export function onArgument<T>(argument: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PathError || (error instanceof FunctionError && !(error instanceof FunctionArgumentError))) {
      throw argumentFault(argument, error.message, error);
    }
    throw error;
  }
}

/** Functions by their names. */
export type FunctionTable = Readonly<Record<string, FunctionSpec>>;
