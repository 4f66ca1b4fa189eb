import { type Attribute, type Block, type Body, type Diagnostic, DiagnosticsError, hasErrors } from "@opendepot/hcl";
import { check } from "./faults.ts";
import { type FunctionBlock, readFunctionBlock } from "./function-block.ts";
import { takeAttributes, takeBlocks } from "./merged-body.ts";
import { SCHEMAS } from "./schemas.ts";
import { readVariableBlock, type VariableBlock } from "./variable-block.ts";

/** What several files hold together, before anything is evaluated. */
export interface Definitions {
  /** Of each name the last one. */
  readonly variables: ReadonlyMap<string, VariableBlock>;
  readonly functions: ReadonlyMap<string, FunctionBlock>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** `group` and `target` blocks in their order. */
  readonly blocks: readonly Block[];
}

/**
 * Sorts what is in the files; unknown blocks are ignored.
 *
 * @param reserved names that no variable, function or attribute can have
 * @throws {DiagnosticsError}
 */
export function readDefinitions(bodies: readonly Body[], reserved: ReadonlySet<string>): Definitions {
  const definitions = takeBlocks(bodies, SCHEMAS.definitions);
  const found = [...definitions.diagnostics];
  const ofType = (type: string) => definitions.blocks.filter((block) => block.type === type);
  const variables = collect(ofType("variable"), readVariableBlock, found);
  const functions = collect(ofType("function"), readFunctionBlock, found);
  if (found.length > 0) throw new DiagnosticsError(found);

  const buildable = takeBlocks(bodies, SCHEMAS.blocks);
  check(buildable.diagnostics);
  const rest = takeBlocks(buildable.remain, SCHEMAS.definitions);
  check(rest.diagnostics);
  const attributes = readAttributes(rest.remain, reserved);
  return {
    variables: withoutReserved(variables, reserved),
    functions: withoutReserved(functions, reserved),
    attributes,
    blocks: buildable.blocks,
  };
}

function collect<Result extends { readonly name: string }>(
  blocks: readonly Block[],
  read: (block: Block) => Result,
  found: Diagnostic[],
): Map<string, Result> {
  const results = new Map<string, Result>();
  for (const block of blocks) {
    try {
      const result = read(block);
      results.set(result.name, result);
    } catch (thrown) {
      if (!(thrown instanceof DiagnosticsError)) throw thrown;
      found.push(...thrown.diagnostics);
    }
  }
  return results;
}

function withoutReserved<Value>(map: ReadonlyMap<string, Value>, reserved: ReadonlySet<string>): Map<string, Value> {
  return new Map([...map].filter(([name]) => !reserved.has(name)));
}

function readAttributes(bodies: readonly Body[], reserved: ReadonlySet<string>): Map<string, Attribute> {
  const { attributes, diagnostics } = takeAttributes(bodies);
  if (hasErrors(diagnostics)) check(diagnostics.filter((diagnostic) => !isIgnored(diagnostic)));
  const kept = withoutReserved(attributes, reserved);
  kept.delete("function");
  return kept;
}

/** Blocks that nobody knows, and attributes that several files set. */
function isIgnored({ detail }: Diagnostic): boolean {
  return detail === "Blocks are not allowed here." || /^Argument "[^"]*" was already set at /.test(detail);
}
