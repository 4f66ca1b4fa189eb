import { EvalContext, type LanguageFunction, type Value } from "@opendepot/hcl";

/** A context to which variables and functions are added while a definition is resolved. */
export class ResolutionScope extends EvalContext {
  override readonly variables: Map<string, Value>;
  override readonly functions: Map<string, LanguageFunction>;

  constructor(
    names: {
      readonly variables?: Iterable<readonly [string, Value]>;
      readonly functions?: Iterable<readonly [string, LanguageFunction]>;
    } = {},
    parent?: ResolutionScope,
  ) {
    const variables = new Map(names.variables);
    const functions = new Map(names.functions);
    super({ variables, functions }, parent);
    this.variables = variables;
    this.functions = functions;
  }
}
