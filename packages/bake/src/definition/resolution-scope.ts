import {
  EvalContext,
  type LanguageFunction,
  mapType,
  mapValue,
  objectValue,
  stringType,
  type Value,
} from "@opendepot/hcl";

/** A context to which variables and functions are added while a definition is resolved. */
export class ResolutionScope extends EvalContext {
  override readonly variables: ResolvedValues;
  override readonly functions: Map<string, LanguageFunction>;

  constructor(
    names: {
      readonly variables?: Iterable<readonly [string, Value]>;
      readonly functions?: Iterable<readonly [string, LanguageFunction]>;
    } = {},
    parent?: ResolutionScope,
  ) {
    const variables = new ResolvedValues(names.variables);
    const functions = new Map(names.functions);
    super({ variables, functions }, parent);
    this.variables = variables;
    this.functions = functions;
  }
}

/**
 * Values by name, and `group` and `target`, whose values are put together only when somebody refers to a block: most
 * definitions never do.
 */
export class ResolvedValues extends Map<string, Value> {
  readonly #blocks = new Map<string, Map<string, Block>>();

  override has(name: string): boolean {
    return super.has(name) || this.#blocks.has(name);
  }

  override get(name: string): Value | undefined {
    const known = super.get(name);
    const members = known === undefined ? this.#blocks.get(name) : undefined;
    if (members === undefined) return known;
    const value =
      members.size === 0
        ? mapValue([], mapType(stringType))
        : objectValue([...members].map(([member, block]) => [member, writtenValue(block)] as const));
    this.set(name, value);
    return value;
  }

  override *keys(): MapIterator<string> {
    yield* new Set([...super.keys(), ...this.#blocks.keys()]);
  }

  /** Lets `name` stand for blocks, none at first. */
  openBlocks(name: string): void {
    if (!this.#blocks.has(name)) this.#blocks.set(name, new Map());
  }

  /** Adds a block, or puts another value in its place. */
  setBlock(name: string, member: string, write: () => Value): void {
    this.openBlocks(name);
    this.#blocks.get(name)?.set(member, { write, value: undefined });
    this.delete(name);
  }
}

interface Block {
  readonly write: () => Value;
  /** Once it was asked for. */
  value: Value | undefined;
}

function writtenValue(block: Block): Value {
  block.value ??= block.write();
  return block.value;
}
