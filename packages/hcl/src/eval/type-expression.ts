import {
  boolType,
  dynamicType,
  listType,
  mapType,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
  tupleType,
} from "../cty/index.ts";
import { append } from "../diagnostics/append.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import { type Expression, keywordOf, type StaticCall, type StaticEntry } from "./expression.ts";

/** A type that was spelled as an expression. With errors the type is not to be used. */
export interface TypeExpression {
  readonly type: Type;
  readonly diagnostics: readonly Diagnostic[];
}

const KEYWORDS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["bool", boolType],
  ["string", stringType],
  ["number", numberType],
  ["any", dynamicType],
]);

const COLLECTIONS: ReadonlyMap<string, (element: Type) => Type> = new Map([
  ["list", listType],
  ["set", setType],
  ["map", mapType],
]);

/** What a constructor without the right number of arguments is told. */
const CONSTRUCTORS: ReadonlyMap<string, string> = new Map([
  ["list", "The list type constructor requires one argument specifying the element type."],
  ["set", "The set type constructor requires one argument specifying the element type."],
  ["map", "The map type constructor requires one argument specifying the element type."],
  ["object", "The object type constructor requires one argument specifying the attribute types and values as a map."],
  ["tuple", "The tuple type constructor requires one argument specifying the element types as a list."],
]);

/**
 * Reads an expression as a type constraint, such as `list(string)` or `object({ name = string })`: HCL's
 * `typeexpr.TypeConstraint`.
 */
export function parseTypeExpression(expression: Expression): TypeExpression {
  const keyword = keywordOf(expression);
  if (keyword !== undefined) return parseKeyword(keyword, expression);
  const call = expression.asCall();
  if (call === undefined) {
    const detail =
      "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).";
    return invalid(detail, { subject: expression.range });
  }
  return checkArguments(call) ?? parseConstructor(call, expression);
}

function invalid(detail: string, place: Pick<Diagnostic, "subject" | "context">): TypeExpression {
  return { type: dynamicType, diagnostics: [errorDiagnostic("Invalid type specification", detail, place)] };
}

function parseKeyword(keyword: string, { range: subject }: Expression): TypeExpression {
  const type = KEYWORDS.get(keyword);
  if (type !== undefined) return { type, diagnostics: [] };
  const detail = CONSTRUCTORS.get(keyword) ?? `The keyword ${quote(keyword)} is not a valid type specification.`;
  return invalid(detail, { subject });
}

function checkArguments({ name, args, argsRange }: StaticCall): TypeExpression | undefined {
  if (KEYWORDS.has(name)) {
    const kind = name === "any" ? "Type constraint" : "Primitive type";
    return invalid(`${kind} keyword ${quote(name)} does not expect arguments.`, { subject: argsRange });
  }
  const detail = CONSTRUCTORS.get(name);
  if (args.length === 1 || detail === undefined) return undefined;
  const [, second] = args;
  const last = args[args.length - 1];
  const subject = second === undefined || last === undefined ? argsRange : rangeBetween(second.range, last.range);
  return invalid(detail, { subject, context: argsRange });
}

function parseConstructor({ name, nameRange, args }: StaticCall, { range }: Expression): TypeExpression {
  const [argument] = args;
  const collection = COLLECTIONS.get(name);
  if (argument !== undefined) {
    if (collection !== undefined) return parseCollection(argument, collection);
    if (name === "object") return parseObject(argument, range);
    if (name === "tuple") return parseTuple(argument, range);
  }
  if (name === "optional") {
    const detail = `Keyword ${quote(name)} is valid only as a modifier for object type attributes.`;
    return invalid(detail, { subject: nameRange });
  }
  return invalid(`Keyword ${quote(name)} is not a valid type constructor.`, { subject: range });
}

function parseCollection(argument: Expression, make: (element: Type) => Type): TypeExpression {
  const { type, diagnostics } = parseTypeExpression(argument);
  return { type: make(type), diagnostics };
}

function parseTuple(argument: Expression, context: Expression["range"]): TypeExpression {
  const elements = argument.asList();
  if (elements === undefined) {
    return invalid("Tuple type constructor requires a list of element types.", { subject: argument.range, context });
  }
  const types = elements.map(parseTypeExpression);
  return {
    type: tupleType(types.map(({ type }) => type)),
    diagnostics: types.flatMap(({ diagnostics }) => diagnostics),
  };
}

function parseObject(argument: Expression, context: Expression["range"]): TypeExpression {
  const entries = argument.asEntries();
  if (entries === undefined) {
    const detail =
      "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.";
    return invalid(detail, { subject: argument.range, context });
  }
  const attributes = new Map<string, Type>();
  const optional: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const entry of entries) {
    const attribute = parseAttribute(entry, attributes, context);
    append(diagnostics, attribute.diagnostics);
    if (attribute.type === undefined) continue;
    attributes.set(attribute.name, attribute.type);
    if (attribute.isOptional) optional.push(attribute.name);
  }
  return { type: objectType(attributes, optional), diagnostics };
}

interface AttributeType {
  readonly name: string;
  /** Absent when the attribute is left out. */
  readonly type?: Type;
  readonly isOptional?: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

function parseAttribute(
  { key, value }: StaticEntry,
  attributes: ReadonlyMap<string, Type>,
  context: Expression["range"],
): AttributeType {
  const name = keywordOf(key) ?? "";
  if (name === "" || attributes.has(name)) {
    const rule = name === "" ? "attribute names" : "unique";
    const { diagnostics } = invalid(`Object constructor map keys must be ${rule}.`, { subject: key.range, context });
    return { name, diagnostics };
  }
  const call = value.asCall();
  return call?.name === "optional" ? parseOptional(name, value, call) : { name, ...parseTypeExpression(value) };
}

function parseOptional(name: string, value: Expression, { args, argsRange }: StaticCall): AttributeType {
  const [argument, ...more] = args;
  const place = { subject: argsRange, context: value.range };
  if (argument === undefined) {
    const detail = "Optional attribute modifier requires the attribute type as its argument.";
    return { name, diagnostics: invalid(detail, place).diagnostics };
  }
  const { type, diagnostics } = parseTypeExpression(argument);
  if (more.length === 0) return { name, type, isOptional: true, diagnostics };
  const detail = "Optional attribute modifier expects only one argument: the attribute type.";
  return { name, type, diagnostics: [...invalid(detail, place).diagnostics, ...diagnostics] };
}
