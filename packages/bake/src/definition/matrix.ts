import { type Block, convert, type Expression, stringType, type Value } from "@opendepot/hcl";
import { evaluate } from "./evaluate.ts";
import { ResolveFault } from "./faults.ts";
import { ResolutionScope } from "./resolution-scope.ts";
import { readContent } from "./schemas.ts";

const MATRIX = { attributes: [{ name: "matrix", required: false }], blocks: [] };
const NAME = { attributes: [...MATRIX.attributes, { name: "name", required: false }], blocks: [] };

/** More targets than anybody builds; each takes memory. */
const MAX_COMBINATIONS = 100_000;

/** Resolves what an expression needs. @throws {DiagnosticsError} */
type Need = (expression: Expression) => void;

/**
 * One scope for each combination of a block's matrix, with the combination's values as variables; the root scope
 * alone where there is no matrix: buildx v0.36 bake `GetEvalContexts`. The first axis, by name, changes fastest.
 *
 * @throws {ResolveFault} @throws {DiagnosticsError}
 */
export function combinationScopes(block: Block, root: ResolutionScope, need: Need): readonly ResolutionScope[] {
  const matrix = readContent(block.body, MATRIX, { isPartial: true }).attributes.get("matrix");
  if (matrix === undefined) return [root];
  if (block.type === "group") throw new ResolveFault("matrix is not supported for groups");
  need(matrix.expression);
  const value = evaluate(matrix.expression, root);
  if (value.type.kind !== "map" && value.type.kind !== "object") throw new ResolveFault("matrix must be a map");
  let combinations: ReadonlyArray<ReadonlyMap<string, Value>> = [new Map()];
  for (const [axis, values] of value.asMap()) {
    if (!values.isIterable) throw new ResolveFault("matrix values must be a list");
    if (combinations.length * values.length > MAX_COMBINATIONS)
      throw new ResolveFault(`matrix has more than ${MAX_COMBINATIONS} combinations`);
    combinations = values
      .asElements()
      .flatMap((element) => combinations.map((others) => new Map([...others, [axis, element]])));
  }
  const isEmpty = value.length === 0;
  return isEmpty ? [root] : combinations.map((variables) => new ResolutionScope({ variables }, root));
}

/**
 * The name of one combination: what `name` says, or the block's label: buildx v0.36 bake `GetName`.
 *
 * @throws {ResolveFault} @throws {DiagnosticsError}
 */
export function combinationName(block: Block, scope: ResolutionScope, need: Need): string {
  const { attributes } = readContent(block.body, NAME, { isPartial: true });
  const name = attributes.get("name");
  if (block.type === "group") {
    if (name !== undefined) throw new ResolveFault("name is not supported for groups");
    return block.labels[0] ?? "";
  }
  if (name === undefined) return block.labels[0] ?? "";
  if (!attributes.has("matrix")) throw new ResolveFault("name requires matrix");
  need(name.expression);
  return readName(evaluate(name.expression, scope));
}

function readName(value: Value): string {
  const name = convert(value, stringType);
  if (name.isNull) throw new ResolveFault("name must not be null");
  return name.asString();
}
