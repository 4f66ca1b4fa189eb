import {
  type Attribute,
  type Block,
  type Body,
  dynamicType,
  type Expression,
  keywordOf,
  parseTypeExpression,
  type SourceRange,
  type Type,
} from "@opendepot/hcl";
import { requiredTextKind } from "../fields/plain-kinds.ts";
import { decode, evaluate } from "./evaluate.ts";
import { check } from "./faults.ts";
import { readContent, SCHEMAS } from "./schemas.ts";

/** A `variable` block. */
export interface VariableBlock {
  readonly name: string;
  readonly default: Attribute | undefined;
  /** Undefined when the block names none. It is read only when the variable is resolved. */
  readonly typeExpression: Expression | undefined;
  readonly description: string;
  readonly validations: readonly Validation[];
  /** Where something that the block lacks would stand. */
  readonly missingRange: SourceRange;
}

/** A `validation` block of a variable. */
export interface Validation {
  /** Undefined when it is missing, which counts as null. */
  readonly condition: Expression | undefined;
  readonly message: Expression | undefined;
  readonly missingRange: SourceRange;
}

/** Reads a `variable` block. Whatever else is in it is ignored. @throws {DiagnosticsError} */
export function readVariableBlock(block: Block): VariableBlock {
  const content = readContent(block.body, SCHEMAS.variable, { isPartial: true });
  const { attributes } = content;
  return {
    name: block.labels[0] ?? "",
    default: attributes.get("default"),
    typeExpression: attributes.get("type")?.expression,
    description: readDescription(attributes.get("description")),
    validations: content.blocks.map(({ body }) => readValidation(body)),
    missingRange: block.body.missingItemRange,
  };
}

function readDescription(attribute: Attribute | undefined): string {
  if (attribute === undefined) return "";
  const { result, diagnostics } = decode(attribute.expression, undefined, requiredTextKind.read);
  check(diagnostics);
  return result ?? "";
}

function readValidation(body: Body): Validation {
  const { attributes } = readContent(body, SCHEMAS.validation, { isPartial: false });
  return {
    condition: attributes.get("condition")?.expression,
    message: attributes.get("error_message")?.expression,
    missingRange: body.missingItemRange,
  };
}

/** The type that a variable is given, `dynamic` for `any`; undefined for none. @throws {DiagnosticsError} */
export function typeOfVariable({ typeExpression }: VariableBlock): Type | undefined {
  if (typeExpression === undefined) return undefined;
  const { type, diagnostics } = parseTypeExpression(typeExpression);
  if (diagnostics.length > 0 && isNullLiteral(typeExpression)) return undefined;
  check(diagnostics);
  return type.kind === "dynamic" && keywordOf(typeExpression) !== "any" ? undefined : (type ?? dynamicType);
}

function isNullLiteral(expression: Expression): boolean {
  try {
    return evaluate(expression, undefined).isNull;
  } catch {
    return false;
  }
}
