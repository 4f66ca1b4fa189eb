import { goQuote } from "@opendepot/buildflags";
import {
  type Block,
  type Body,
  type Diagnostic,
  DiagnosticsError,
  type Expression,
  type LanguageFunction,
} from "@opendepot/hcl";
import { type BlockType, groupOf, targetOf } from "../fields/target-fields.ts";
import type { ListedVariable } from "../listing/list-variables.ts";
import type { Group, Target } from "../model/target.ts";
import { needDependencies } from "./dependencies.ts";
import { describeVariable } from "./describe-variable.ts";
import { blame, ResolveFault } from "./faults.ts";
import { resolveFunction } from "./function-block.ts";
import { type Definitions, readDefinitions } from "./read-definitions.ts";
import { ResolutionScope } from "./resolution-scope.ts";
import type { NeedOptions, ResolutionState } from "./resolution-state.ts";
import { combinationsOf, nameCombinations, resolveBlock } from "./resolve-block.ts";
import { resolveValue } from "./resolve-value.ts";
import { validateVariables } from "./validate-variables.ts";
import { typeOfVariable } from "./variable-block.ts";

/** What a definition is resolved with. */
export interface ResolveSurroundings {
  /** Variables that cannot be set. */
  readonly builtins: ReadonlyMap<string, string>;
  /** What `--var` or the environment say about a variable. */
  readonly override: (name: string) => string | undefined;
  /** The functions that every file can call. */
  readonly library: ReadonlyMap<string, LanguageFunction>;
}

/** A target or group with the block it comes from. */
export type ResolvedBlock =
  | { readonly type: "target"; readonly block: Block; readonly value: Target }
  | { readonly type: "group"; readonly block: Block; readonly value: Group };

/** A definition without anything left to evaluate. */
export interface ResolvedDefinition {
  /** In the order of the files; several may have the same name. */
  readonly blocks: readonly ResolvedBlock[];
  /** Labels of blocks with a matrix, with the names that came of them. */
  readonly renamed: ReadonlyMap<string, readonly string[]>;
  readonly variables: readonly ListedVariable[];
}

/**
 * Evaluates all variables, functions, blocks and attributes of several files, each when it is first needed: buildx
 * v0.36 bake/hclparser `Parse`.
 *
 * @throws {DiagnosticsError}
 */
export function resolveDefinition(bodies: readonly Body[], surroundings: ResolveSurroundings): ResolvedDefinition {
  const reserved = new Set(["group", "target", ...surroundings.builtins.keys()]);
  const definitions = readDefinitions(bodies, reserved);
  const state = createState(definitions, surroundings);
  for (const name of surroundings.builtins.keys()) resolveValue(state, state.root, name);
  const variables = resolveVariables(state);
  resolveFunctions(state);
  const renamed = nameBlocks(state, definitions.blocks);
  const blocks = resolveBlocks(state, definitions.blocks);
  resolveAttributes(state);
  return { blocks, renamed, variables };
}

function createState(definitions: Definitions, { builtins, override, library }: ResolveSurroundings): ResolutionState {
  const state: ResolutionState = {
    ...definitions,
    root: new ResolutionScope({ functions: library }),
    builtins,
    override,
    blocks: undefined,
    combinations: new Map(),
    startedValues: new WeakMap(),
    startedFunctions: new WeakMap(),
    need: (expression: Expression, scope: ResolutionScope, options: NeedOptions) =>
      needDependencies(state, { expression, scope }, options),
    needValue: (scope, name) => resolveValue(state, scope, name),
    needFunction: (scope, name) => resolveFunction(state, scope, name),
    needBlock: (block, attribute) => resolveBlock(state, block, attribute),
  };
  return state;
}

function resolveVariables(state: ResolutionState): ListedVariable[] {
  const listed: ListedVariable[] = [];
  for (const [name, variable] of state.variables) {
    const { missingRange: subject } = variable;
    attempt("Invalid value", { subject, context: subject }, () => state.needValue(state.root, name));
    const isHidden = state.attributes.has(name);
    const type = isHidden ? undefined : typeOfVariable(variable);
    listed.push(describeVariable(variable, state.root.variables.get(name), type));
  }
  validateVariables(state.variables.values(), state.root);
  return listed;
}

function resolveFunctions(state: ResolutionState): void {
  for (const [name, { params, labelRange, definitionRange }] of state.functions) {
    const place = params
      ? { subject: params.range, context: params.range }
      : { subject: labelRange, context: definitionRange };
    attempt("Invalid function", place, () => state.needFunction(state.root, name));
  }
}

function resolveAttributes(state: ResolutionState): void {
  for (const [name, { range }] of state.attributes) {
    attempt("Invalid attribute", { subject: range, context: range }, () => state.needValue(state.root, name));
  }
}

/** Names all blocks and makes them known to expressions. */
function nameBlocks(state: ResolutionState, blocks: readonly Block[]): Map<string, string[]> {
  const byName = new Map<BlockType, Map<string, Block[]>>([
    ["group", new Map()],
    ["target", new Map()],
  ]);
  const renamed = new Map<string, string[]>();
  state.blocks = new Map();
  for (const block of blocks) {
    const [subject] = block.labelRanges;
    const names = attempt("Invalid name", { subject, context: subject }, () =>
      nameCombinations(state, block, checkTargetName),
    );
    const type = block.type as BlockType;
    const ofType = byName.get(type);
    for (const name of names) ofType?.set(name, [...(ofType.get(name) ?? []), block]);
    const label = block.labels[0] ?? "";
    const key = `${type}.${label}`;
    if (names.length > 0) renamed.set(key, [...(renamed.get(key) ?? []), ...names]);
  }
  state.blocks = byName;
  return renamed;
}

/**
 * Refuses names that targets and groups cannot have.
 *
 * @throws {ResolveFault}
 */
export function checkTargetName(name: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) throw new ResolveFault(`only ${goQuote("[a-zA-Z0-9_-]+")} are allowed`);
}

/** Diagnostics of all blocks are told together; anything else ends it at once. */
function resolveBlocks(state: ResolutionState, blocks: readonly Block[]): ResolvedBlock[] {
  const found: Diagnostic[] = [];
  const resolved: ResolvedBlock[] = [];
  for (const block of blocks) {
    try {
      resolveBlock(state, block);
      resolved.push(...toValues(state, block));
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticsError)) {
        throw blame(thrown, "Invalid block", { subject: block.labelRanges[0], context: block.defRange });
      }
      found.push(...thrown.diagnostics);
    }
  }
  if (found.length > 0) throw new DiagnosticsError(found);
  return resolved;
}

function toValues(state: ResolutionState, block: Block): ResolvedBlock[] {
  return combinationsOf(state, block).map(({ name, fields }): ResolvedBlock => {
    return block.type === "target"
      ? { type: "target", block, value: targetOf(name, fields) }
      : { type: "group", block, value: groupOf(name, fields) };
  });
}

function attempt<Result>(summary: string, place: Parameters<typeof blame>[2], work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw blame(thrown, summary, place);
  }
}
