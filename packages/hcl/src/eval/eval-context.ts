import type { Value } from "../cty/index.ts";
import type { LanguageFunction } from "../functions/index.ts";

/**
 * Names and what they stand for. A `Map` is one; another object can find values only when they are asked for.
 */
export interface Lookup<T> {
  /** Undefined when there is nothing of the name. */
  get(name: string): T | undefined;
  /** All names, for suggestions in messages. */
  keys(): Iterable<string>;
}

/** What {@link EvalContext} is made of. */
export interface Names {
  /** Absent: there are no variables at all here, which is another message than that one is unknown. */
  readonly variables?: Lookup<Value> | undefined;
  readonly functions?: Lookup<LanguageFunction> | undefined;
}

/** The variables and functions that an expression can use: HCL's `EvalContext`. Names of a child hide its parent's. */
export class EvalContext {
  readonly variables: Lookup<Value> | undefined;
  readonly functions: Lookup<LanguageFunction> | undefined;
  readonly parent: EvalContext | undefined;

  constructor({ variables, functions }: Names = {}, parent?: EvalContext) {
    this.variables = variables;
    this.functions = functions;
    this.parent = parent;
  }

  /** A context with names of its own inside of this one. */
  child(names: Names = {}): EvalContext {
    return new EvalContext(names, this);
  }
}

/** A context and its parents, from the inside out. */
export function* contextsFrom(context: EvalContext | undefined): Generator<EvalContext> {
  for (let at = context; at !== undefined; at = at.parent) yield at;
}
