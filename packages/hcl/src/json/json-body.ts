import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { formatRange, rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import type { Attribute, Block, Body, BodyContent, BodySchema, PartialBodyContent } from "../eval/body.ts";
import { hintFor } from "../eval/schema-match.ts";
import { propertiesOf, unpackBlock } from "./json-blocks.ts";
import { JsonExpression } from "./json-expression.ts";
import { type JsonNode, type JsonProperty, startRangeOfJson } from "./json-node.ts";

const COMMENT = "//";
const NOTHING: ReadonlySet<string> = new Set();

/** The content of a JSON file or of a block in it: HCL's `json/structure.go`. */
export class JsonBody implements Body {
  readonly #node: JsonNode;
  /** Names that an earlier schema asked for. */
  readonly #hidden: ReadonlySet<string>;

  constructor(node: JsonNode, hidden: ReadonlySet<string> = NOTHING) {
    this.#node = node;
    this.#hidden = hidden;
  }

  get missingItemRange(): SourceRange {
    return this.#node.kind === "object" ? this.#node.closeRange : startRangeOfJson(this.#node);
  }

  content(schema: BodySchema): BodyContent {
    const { remain, attributes, blocks, diagnostics } = this.#take(schema);
    const { properties, diagnostics: structural } = propertiesOf(this.#node);
    const free = schema.attributes?.map(({ name }) => name).filter((name) => !remain.#hidden.has(name)) ?? [];
    const names = [...free, ...(schema.blocks?.map(({ type }) => type) ?? [])];
    const unexpected = properties
      .filter(({ name }) => name !== COMMENT && !remain.#hidden.has(name))
      .map(({ name, nameRange }) =>
        errorDiagnostic(
          "Extraneous JSON object property",
          `No argument or block type is named ${quote(name)}.${hintFor(name, names)}`,
          { subject: nameRange, context: nameRange },
        ),
      );
    return { attributes, blocks, diagnostics: [...diagnostics, ...structural, ...unexpected] };
  }

  partialContent(schema: BodySchema): PartialBodyContent {
    return this.#take(schema);
  }

  justAttributes(): Omit<BodyContent, "blocks"> {
    const attributes = new Map<string, Attribute>();
    if (this.#node.kind !== "object") {
      const detail = "A JSON object is required here, setting the arguments for this block.";
      const subject = startRangeOfJson(this.#node);
      return { attributes, diagnostics: [errorDiagnostic("Incorrect JSON value type", detail, { subject })] };
    }
    const diagnostics: Diagnostic[] = [];
    for (const property of this.#node.properties) {
      const { name, nameRange } = property;
      if (name === COMMENT || this.#hidden.has(name)) continue;
      const existing = attributes.get(name);
      if (existing === undefined) attributes.set(name, attributeOf(property));
      else diagnostics.push(alreadySet("Duplicate attribute definition", existing, { subject: nameRange }));
    }
    return { attributes, diagnostics };
  }

  #take(schema: BodySchema): BodyContent & { readonly remain: JsonBody } {
    const { properties, diagnostics } = propertiesOf(this.#node);
    const wanted = new Set(schema.attributes?.map(({ name }) => name));
    const wantedBlocks = new Map(schema.blocks?.map((block) => [block.type, block]));
    const attributes = new Map<string, Attribute>();
    const blocks: Block[] = [];
    const used = new Set(this.#hidden);
    for (const property of properties) {
      const { name, nameRange } = property;
      if (this.#hidden.has(name)) continue;
      const block = wantedBlocks.get(name);
      if (wanted.has(name)) takeAttribute(property, attributes, diagnostics);
      else if (block === undefined) continue;
      else
        unpackBlock(
          property.value,
          { type: name, typeRange: nameRange },
          { labelNames: block.labelNames ?? [], blocks, diagnostics, makeBody },
        );
      used.add(name);
    }
    this.#requireAttributes(schema, attributes, diagnostics);
    return { attributes, blocks, diagnostics, remain: new JsonBody(this.#node, used) };
  }

  #requireAttributes(schema: BodySchema, attributes: ReadonlyMap<string, Attribute>, diagnostics: Diagnostic[]): void {
    for (const { name, required = false } of schema.attributes ?? []) {
      if (!required || attributes.has(name)) continue;
      const detail = `The argument ${quote(name)} is required, but no definition was found.`;
      diagnostics.push(errorDiagnostic("Missing required argument", detail, { subject: this.missingItemRange }));
    }
  }
}

function makeBody(node: JsonNode): Body {
  return new JsonBody(node);
}

function takeAttribute(property: JsonProperty, attributes: Map<string, Attribute>, diagnostics: Diagnostic[]): void {
  const { name, nameRange } = property;
  const existing = attributes.get(name);
  if (existing === undefined) attributes.set(name, attributeOf(property));
  else diagnostics.push(alreadySet("Duplicate argument", existing, { subject: nameRange, context: nameRange }));
}

function alreadySet(
  summary: string,
  { name, range }: Attribute,
  place: Pick<Diagnostic, "subject" | "context">,
): Diagnostic {
  return errorDiagnostic(summary, `The argument ${quote(name)} was already set at ${formatRange(range)}.`, place);
}

function attributeOf({ name, nameRange, value }: JsonProperty): Attribute {
  return { name, expression: new JsonExpression(value), range: rangeBetween(nameRange, value.range), nameRange };
}
