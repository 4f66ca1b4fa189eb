import type { Attribute, Block, Expression } from "@opendepot/hcl";
import type { BlockType } from "../fields/target-fields.ts";
import type { FunctionBlock } from "./function-block.ts";
import type { ResolutionScope } from "./resolution-scope.ts";
import type { VariableBlock } from "./variable-block.ts";

/** How far the attributes of one block have been resolved, for one combination of its matrix. */
export interface Combination {
  readonly scope: ResolutionScope;
  readonly fields: Map<string, unknown>;
  readonly started: Set<string>;
  readonly done: Set<string>;
  /** From its label, or what `name` says. */
  name: string;
}

/** What an expression needs is resolved before it is evaluated. */
export interface NeedOptions {
  /** Names that stand for something else here: the parameters of a function. */
  readonly except?: ReadonlySet<string> | undefined;
  /** Leaves undefined names to the evaluator, which knows where they stand. */
  readonly allowMissing: boolean;
}

/**
 * Everything that is known while the blocks of a definition are resolved on demand: buildx v0.36 bake/hclparser
 * `parser`.
 */
export interface ResolutionState {
  /** What all expressions see. Values and functions are added as they are resolved. */
  readonly root: ResolutionScope;
  /** Variables that cannot be set: `BAKE_CMD_CONTEXT` and its like. */
  readonly builtins: ReadonlyMap<string, string>;
  /** What `--var` or the environment say about a variable. */
  readonly override: (name: string) => string | undefined;
  readonly variables: ReadonlyMap<string, VariableBlock>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly functions: ReadonlyMap<string, FunctionBlock>;
  /** Blocks by type and name. Undefined while variables and functions are resolved, which cannot refer to blocks. */
  blocks: ReadonlyMap<BlockType, ReadonlyMap<string, readonly Block[]>> | undefined;
  readonly combinations: Map<Block, Combination[]>;
  readonly startedValues: WeakMap<ResolutionScope, Set<string>>;
  readonly startedFunctions: WeakMap<ResolutionScope, Set<string>>;

  /** Resolves all that an expression refers to. @throws {DiagnosticsError} */
  need(expression: Expression, scope: ResolutionScope, options: NeedOptions): void;
  /** Resolves a variable or attribute. @throws {ResolveFault} @throws {DiagnosticsError} */
  needValue(scope: ResolutionScope, name: string): void;
  /** Resolves a function. @throws {ResolveFault} @throws {DiagnosticsError} */
  needFunction(scope: ResolutionScope, name: string): void;
  /** Resolves a block, or only one attribute of it. @throws {ResolveFault} @throws {DiagnosticsError} */
  needBlock(block: Block, attribute?: string): void;
}

/** Notes that something is being resolved; false when it already was. */
export function start(started: WeakMap<ResolutionScope, Set<string>>, scope: ResolutionScope, name: string): boolean {
  const names = started.get(scope) ?? new Set();
  started.set(scope, names);
  if (names.has(name)) return false;
  names.add(name);
  return true;
}
