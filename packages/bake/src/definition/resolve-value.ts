import { goQuote } from "@opendepot/buildflags";
import {
  type Attribute,
  convert,
  decodeJson,
  dynamicType,
  isPrimitive,
  nullValue,
  stringValue,
  type Type,
  typeName,
  type Value,
} from "@opendepot/hcl";
import { evaluate } from "./evaluate.ts";
import { isDefinitionFault, ResolveFault } from "./faults.ts";
import { convertPrimitive, isCsvType, valueFromCsv } from "./override-value.ts";
import type { ResolutionScope } from "./resolution-scope.ts";
import { type ResolutionState, start } from "./resolution-state.ts";
import { typeOfVariable, type VariableBlock } from "./variable-block.ts";

/**
 * Resolves an attribute of the file, or a variable with what the environment says about it: buildx v0.36
 * bake/hclparser `resolveValue`. The value is added to the root scope.
 *
 * @throws {ResolveFault} the name is unknown, waits for itself, or its override does not fit
 * @throws {DiagnosticsError}
 */
export function resolveValue(state: ResolutionState, scope: ResolutionScope, name: string): void {
  if (state.root.variables.has(name) || scope.variables.has(name)) return;
  // A name that is not known is "started" for ever: the second time that it is asked for is told as a cycle.
  if (!start(state.startedValues, scope, name)) throw new ResolveFault(`variable cycle not allowed for ${name}`);
  const builtin = state.builtins.get(name);
  state.root.variables.set(name, builtin === undefined ? readValue(state, scope, name) : stringValue(builtin));
}

function readValue(state: ResolutionState, scope: ResolutionScope, name: string): Value {
  const attribute = state.attributes.get(name);
  const variable = state.variables.get(name);
  if (attribute === undefined && variable === undefined)
    throw new ResolveFault(`variable ${goQuote(name)} does not exist: undefined`, { isUndefined: true });
  const constraint = attribute === undefined && variable !== undefined ? typeOfVariable(variable) : undefined;
  const isTyped = constraint !== undefined;
  const type = constraint ?? dynamicType;
  const source = attribute ?? variable?.default;
  const base = attribute === undefined ? state.root : scope;
  const initial = source && readDefault(state, { source, scope: base, type, name });
  const found = variable && findOverride(state, variable, isTyped);
  if (found === undefined) return initial ?? (isTyped ? nullValue(type) : stringValue(""));
  return overridden({ name, type, isTyped, initial }, found);
}

interface DefaultSource {
  readonly source: Attribute;
  readonly scope: ResolutionScope;
  readonly type: Type;
  readonly name: string;
}

function readDefault(state: ResolutionState, { source, scope, type, name }: DefaultSource): Value {
  state.need(source.expression, scope, { allowMissing: true });
  const value = evaluate(source.expression, scope);
  try {
    return convert(value, type);
  } catch (cause) {
    if (!isDefinitionFault(cause)) throw cause;
    const message = `invalid type ${typeName(type)} for variable ${name} default value: ${cause.message}`;
    throw new ResolveFault(message, { cause });
  }
}

interface FoundOverride {
  readonly text: string;
  readonly isJson: boolean;
}

/** A typed variable prefers `NAME_JSON` to `NAME`, an untyped one the other way round. */
function findOverride(state: ResolutionState, { name }: VariableBlock, isTyped: boolean): FoundOverride | undefined {
  const plain = state.override(name);
  const jsonName = `${name}_JSON`;
  const isTaken = state.variables.has(jsonName) || state.builtins.has(jsonName);
  const json = (plain === undefined || isTyped) && !isTaken ? state.override(jsonName) : undefined;
  if (json !== undefined) return { text: json, isJson: true };
  return plain === undefined ? undefined : { text: plain, isJson: false };
}

interface OverriddenVariable {
  readonly name: string;
  readonly type: Type;
  readonly isTyped: boolean;
  readonly initial: Value | undefined;
}

function overridden({ name, type, isTyped, initial }: OverriddenVariable, { text, isJson }: FoundOverride): Value {
  if (isTyped && isJson) return within(`failed to convert variable ${name} from JSON`, () => decodeJson(text, type));
  if (isCsvType(type))
    return within(`failed to convert variable ${name} from CSV`, () => valueFromCsv(name, text, type));
  if (isTyped && isPrimitive(type)) return convertPrimitive(name, text, type);
  if (isTyped) throw unsupported(type, name);
  if (initial === undefined || initial.type.kind === "dynamic") return stringValue(text);
  if (isPrimitive(initial.type)) return convertPrimitive(name, text, initial.type);
  throw unsupported(initial.type, name);
}

function unsupported(type: Type, name: string): ResolveFault {
  return new ResolveFault(`unsupported type ${typeName(type)} for variable ${name}`);
}

function within(what: string, work: () => Value): Value {
  try {
    return work();
  } catch (cause) {
    if (!isDefinitionFault(cause)) throw cause;
    throw new ResolveFault(`${what}: ${cause.message}`, { cause });
  }
}
