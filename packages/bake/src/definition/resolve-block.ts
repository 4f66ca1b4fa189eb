import { goQuote } from "@opendepot/buildflags";
import type { Attribute, Block, Diagnostic } from "@opendepot/hcl";
import { type BlockType, blockValue, kindsOf } from "../fields/target-fields.ts";
import { decode } from "./evaluate.ts";
import { check, ResolveFault } from "./faults.ts";
import { combinationName, combinationScopes } from "./matrix.ts";
import type { ResolutionScope } from "./resolution-scope.ts";
import type { Combination, ResolutionState } from "./resolution-state.ts";
import { blockSchema, readContent } from "./schemas.ts";

/**
 * Resolves the attributes of a block that are not resolved yet, or only `attribute`, for each combination of its
 * matrix: buildx v0.36 bake/hclparser `resolveBlock`. References see the block's own fields, never inherited ones.
 *
 * @throws {ResolveFault} an attribute waits for itself @throws {DiagnosticsError}
 */
export function resolveBlock(state: ResolutionState, block: Block, attribute?: string): void {
  const type = block.type as BlockType;
  for (const combination of combinationsOf(state, block)) {
    if (attribute !== undefined && combination.done.has(attribute)) return;
    if (attribute !== undefined) startAttribute(block, combination, attribute);
    resolveCombination(state, block, { combination, attribute });
    const { name, fields } = combination;
    state.root.variables.setBlock(type, name, () => blockValue(type, name, fields));
  }
}

/** The combinations of a block's matrix, under their names when those are known. */
export function combinationsOf(state: ResolutionState, block: Block): readonly Combination[] {
  state.root.variables.openBlocks(block.type);
  const known = state.combinations.get(block);
  if (known !== undefined) return known;
  const scopes = combinationScopes(block, state.root, (expression) => {
    state.need(expression, state.root, { allowMissing: true });
  });
  const combinations = scopes.map((scope): Combination => {
    return { scope, fields: new Map(), started: new Set(), done: new Set(), name: block.labels[0] ?? "" };
  });
  state.combinations.set(block, combinations);
  return combinations;
}

/**
 * Names the combinations of a block.
 *
 * @param checkName throws for a name that targets cannot have
 * @throws {ResolveFault} two have the same name @throws {DiagnosticsError}
 */
export function nameCombinations(
  state: ResolutionState,
  block: Block,
  checkName: (name: string) => void,
): readonly string[] {
  const names = new Set<string>();
  const all: string[] = [];
  for (const combination of combinationsOf(state, block)) {
    checkName(block.labels[0] ?? "");
    const { scope } = combination;
    combination.name = combinationName(block, scope, (expression) => {
      state.need(expression, scope, { allowMissing: true });
    });
    checkName(combination.name);
    all.push(combination.name);
  }
  for (const name of all) {
    if (names.has(name)) throw new ResolveFault(`duplicate name ${goQuote(name)}`);
    names.add(name);
  }
  return all;
}

function startAttribute(block: Block, { started, name }: Combination, attribute: string): void {
  if (started.has(attribute))
    throw new ResolveFault(`reference cycle not allowed for ${block.type}.${name}.${attribute}`);
  started.add(attribute);
}

interface Part {
  readonly combination: Combination;
  readonly attribute: string | undefined;
}

function resolveCombination(state: ResolutionState, block: Block, { combination, attribute }: Part): void {
  const type = block.type as BlockType;
  const { scope, done, fields } = combination;
  const schema = blockSchema(type, (name) => (attribute === undefined ? !done.has(name) : name === attribute));
  const needed = readContent(block.body, schema, { isPartial: true }).attributes;
  for (const { expression } of needed.values()) state.need(expression, scope, { allowMissing: true });
  // What was needed may have needed attributes of this block; those are not read again.
  const attributes = [...needed.values()].filter(({ name }) => attribute !== undefined || !done.has(name));
  readFields(type, { attributes, scope, fields });
  for (const name of needed.keys()) done.add(name);
  if (attribute !== undefined) done.add(attribute);
}

interface Reading {
  readonly attributes: readonly Attribute[];
  readonly scope: ResolutionScope;
  readonly fields: Map<string, unknown>;
}

function readFields(type: BlockType, { attributes, scope, fields }: Reading): void {
  const kinds = kindsOf(type);
  const found: Diagnostic[] = [];
  for (const { name, expression } of attributes) {
    const { result, diagnostics } = decode(expression, scope, (value) => kinds[name]?.read(value));
    found.push(...diagnostics);
    fields.set(name, result);
  }
  check(found);
}
