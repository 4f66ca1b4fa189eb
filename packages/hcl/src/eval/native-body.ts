import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { rangeAt, rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import type { AttributeNode, BlockNode, BodyNode } from "../syntax/tree.ts";
import type { Attribute, Block, BlockSchema, Body, BodyContent, BodySchema, PartialBodyContent } from "./body.ts";
import { NativeExpression } from "./native-expression.ts";
import { hintFor } from "./schema-match.ts";

interface Hidden {
  readonly attributes: ReadonlySet<string>;
  readonly blocks: ReadonlySet<string>;
}

const NOTHING: Hidden = { attributes: new Set(), blocks: new Set() };

/** The content of a file or a block in the native syntax: hclsyntax's `Body`. */
export class NativeBody implements Body {
  readonly #node: BodyNode;
  /** What an earlier schema asked for. */
  readonly #hidden: Hidden;

  constructor(node: BodyNode, hidden: Hidden = NOTHING) {
    this.#node = node;
    this.#hidden = hidden;
  }

  get missingItemRange(): SourceRange {
    return rangeAt(this.#node.range.filename, this.#node.range.start);
  }

  content(schema: BodySchema): BodyContent {
    const { attributes, blocks, diagnostics, remain } = this.#take(schema);
    return { attributes, blocks, diagnostics: [...diagnostics, ...remain.#unexpected(schema, attributes)] };
  }

  partialContent(schema: BodySchema): PartialBodyContent {
    return this.#take(schema);
  }

  justAttributes(): Omit<BodyContent, "blocks"> {
    const attributes = new Map<string, Attribute>();
    for (const node of this.#node.attributes.values()) {
      if (!this.#hidden.attributes.has(node.name)) attributes.set(node.name, attributeOf(node));
    }
    const [block] = this.#node.blocks;
    if (block === undefined) return { attributes, diagnostics: [] };
    const summary = `Unexpected ${quote(block.type)} block`;
    const diagnostic = errorDiagnostic(summary, "Blocks are not allowed here.", { subject: block.typeRange });
    return { attributes, diagnostics: [diagnostic] };
  }

  #take(schema: BodySchema): BodyContent & { readonly remain: NativeBody } {
    const diagnostics: Diagnostic[] = [];
    const attributes = this.#takeAttributes(schema, diagnostics);
    const blocks = this.#takeBlocks(schema, diagnostics);
    const types = schema.blocks?.map(({ type }) => type) ?? [];
    const remain = new NativeBody(this.#node, {
      attributes: new Set([...this.#hidden.attributes, ...attributes.keys()]),
      blocks: new Set([...this.#hidden.blocks, ...types]),
    });
    return { attributes, blocks, diagnostics, remain };
  }

  #takeAttributes(schema: BodySchema, diagnostics: Diagnostic[]): Map<string, Attribute> {
    const attributes = new Map<string, Attribute>();
    for (const { name, required = false } of schema.attributes ?? []) {
      const node = this.#hidden.attributes.has(name) ? undefined : this.#node.attributes.get(name);
      if (node !== undefined) attributes.set(name, attributeOf(node));
      else if (required) diagnostics.push(missingArgument(name, this.missingItemRange));
    }
    return inFileOrder(attributes);
  }

  #takeBlocks(schema: BodySchema, diagnostics: Diagnostic[]): Block[] {
    const wanted = new Map(schema.blocks?.map((block) => [block.type, block]));
    const blocks: Block[] = [];
    for (const node of this.#node.blocks) {
      const expected = this.#hidden.blocks.has(node.type) ? undefined : wanted.get(node.type);
      if (expected === undefined) continue;
      const problem = labelProblem(node, expected);
      if (problem === undefined) blocks.push(blockOf(node));
      else diagnostics.push(problem);
    }
    return blocks;
  }

  // What is left although the schema should have covered everything.
  #unexpected(schema: BodySchema, taken: ReadonlyMap<string, Attribute>): Diagnostic[] {
    const attributes = [...this.#node.attributes.values()].filter(({ name }) => !this.#hidden.attributes.has(name));
    const blocks = this.#node.blocks.filter(({ type }) => !this.#hidden.blocks.has(type));
    return [
      ...attributes.map((node) => unsupportedArgument(node, schema, taken)),
      ...blocks.map((node) => unsupportedBlock(node, schema)),
    ];
  }
}

function attributeOf({ name, expression, range, nameRange }: AttributeNode): Attribute {
  return { name, expression: new NativeExpression(expression), range, nameRange };
}

function blockOf({ type, labels, body, typeRange, labelRanges }: BlockNode): Block {
  const defRange = rangeBetween(typeRange, labelRanges[labelRanges.length - 1] ?? typeRange);
  return { type, labels, body: new NativeBody(body), defRange, typeRange, labelRanges };
}

function inFileOrder(attributes: ReadonlyMap<string, Attribute>): Map<string, Attribute> {
  return new Map([...attributes].sort(([, a], [, b]) => a.range.start.byte - b.range.start.byte));
}

function missingArgument(name: string, subject: SourceRange): Diagnostic {
  const detail = `The argument ${quote(name)} is required, but no definition was found.`;
  return errorDiagnostic("Missing required argument", detail, { subject });
}

function labelProblem(node: BlockNode, { labelNames = [] }: BlockSchema): Diagnostic | undefined {
  const { type, labels, labelRanges, openBraceRange } = node;
  const context = rangeBetween(node.typeRange, openBraceRange);
  const names = labelNames.join(", ");
  if (labels.length > labelNames.length) {
    const detail =
      labelNames.length === 0
        ? `No labels are expected for ${type} blocks.`
        : `Only ${labelNames.length} labels (${names}) are expected for ${type} blocks.`;
    return errorDiagnostic(`Extraneous label for ${type}`, detail, {
      subject: labelRanges[labelNames.length],
      context,
    });
  }
  const missing = labelNames[labels.length];
  if (missing === undefined) return undefined;
  const detail = `All ${type} blocks must have ${labelNames.length} labels (${names}).`;
  return errorDiagnostic(`Missing ${missing} for ${type}`, detail, { subject: openBraceRange, context });
}

function unsupportedArgument(
  { name, nameRange }: AttributeNode,
  { attributes = [], blocks = [] }: BodySchema,
  taken: ReadonlyMap<string, Attribute>,
): Diagnostic {
  const free = attributes.map((attribute) => attribute.name).filter((other) => !taken.has(other));
  const asBlock = blocks.some(({ type }) => type === name)
    ? ` Did you mean to define a block of type ${quote(name)}?`
    : "";
  const detail = `An argument named ${quote(name)} is not expected here.${hintFor(name, free) || asBlock}`;
  return errorDiagnostic("Unsupported argument", detail, { subject: nameRange });
}

function unsupportedBlock({ type, typeRange }: BlockNode, { attributes = [], blocks = [] }: BodySchema): Diagnostic {
  const near = hintFor(
    type,
    blocks.map((block) => block.type),
  );
  const asArgument = attributes.some(({ name }) => name === type)
    ? ` Did you mean to define argument ${quote(type)}? If so, use the equals sign to assign it a value.`
    : "";
  const detail = `Blocks of type ${quote(type)} are not expected here.${near || asArgument}`;
  return errorDiagnostic("Unsupported block type", detail, { subject: typeRange });
}
