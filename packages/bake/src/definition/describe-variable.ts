import { constraintName, convert, encodeJson, isPrimitive, stringType, type Type, type Value } from "@opendepot/hcl";
import type { ListedVariable } from "../listing/list-variables.ts";
import { isDefinitionFault } from "./faults.ts";
import type { VariableBlock } from "./variable-block.ts";

/** A variable as `--list=variables` shows it. `type` is undefined when the block names none. */
export function describeVariable(
  { name, description }: VariableBlock,
  value: Value | undefined,
  type: Type | undefined,
): ListedVariable {
  const text = value === undefined || value.isNull ? undefined : describeValue(value, type);
  return { name, description, type: type === undefined ? "" : constraintName(type), value: text };
}

function describeValue(value: Value, type: Type | undefined): string {
  try {
    if (type?.kind === "string") return encodeJson(value, type).replace(/^"+|"+$/g, "");
    if (type !== undefined) return encodeJson(value, type);
    return isPrimitive(value.type) ? convert(value, stringType).asString() : encodeJson(value);
  } catch (thrown) {
    if (isDefinitionFault(thrown)) return "";
    throw thrown;
  }
}
