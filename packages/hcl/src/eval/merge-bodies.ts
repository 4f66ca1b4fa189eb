import { append } from "../diagnostics/append.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { formatRange, initialPosition, rangeAt, type SourceRange } from "../diagnostics/source-range.ts";
import type { Attribute, Block, Body, BodyContent, BodySchema, PartialBodyContent } from "./body.ts";

/** Which of several attributes of the same name counts. An error is reported for each further one in any case. */
export interface MergeOptions {
  /** `first`, as HCL has it, or `last`, as bake has it. Default: `first`. */
  readonly duplicates?: "first" | "last";
}

/** Several bodies as one, in the given order: HCL's `MergeBodies`. */
export function mergeBodies(bodies: readonly Body[], { duplicates = "first" }: MergeOptions = {}): Body {
  return new MergedBody(bodies, duplicates);
}

class MergedBody implements Body {
  readonly #bodies: readonly Body[];
  readonly #duplicates: "first" | "last";

  constructor(bodies: readonly Body[], duplicates: "first" | "last") {
    this.#bodies = bodies;
    this.#duplicates = duplicates;
  }

  get missingItemRange(): SourceRange {
    return this.#bodies[0]?.missingItemRange ?? rangeAt("<empty>", { ...initialPosition, line: 0, column: 0 });
  }

  content(schema: BodySchema): BodyContent {
    const optional = withoutRequired(schema);
    return this.#merge(
      schema,
      this.#bodies.map((body) => body.content(optional)),
    );
  }

  partialContent(schema: BodySchema): PartialBodyContent {
    const optional = withoutRequired(schema);
    const contents = this.#bodies.map((body) => body.partialContent(optional));
    const remain = mergeBodies(
      contents.map((content) => content.remain),
      { duplicates: this.#duplicates },
    );
    return { ...this.#merge(schema, contents), remain };
  }

  justAttributes(): Omit<BodyContent, "blocks"> {
    const attributes = new Map<string, Attribute>();
    const diagnostics: Diagnostic[] = [];
    for (const body of this.#bodies) this.#add(body.justAttributes(), attributes, diagnostics);
    return { attributes, diagnostics };
  }

  #merge(schema: BodySchema, contents: readonly BodyContent[]): BodyContent {
    const attributes = new Map<string, Attribute>();
    const diagnostics: Diagnostic[] = [];
    const blocks: Block[] = [];
    for (const content of contents) {
      this.#add(content, attributes, diagnostics);
      append(blocks, content.blocks);
    }
    for (const { name, required } of schema.attributes ?? []) {
      if (required !== true || attributes.has(name)) continue;
      const detail = `The argument ${quote(name)} is required, but was not set.`;
      diagnostics.push(errorDiagnostic("Missing required argument", detail));
    }
    return { attributes, blocks, diagnostics };
  }

  #add(content: Omit<BodyContent, "blocks">, attributes: Map<string, Attribute>, diagnostics: Diagnostic[]): void {
    append(diagnostics, content.diagnostics);
    for (const [name, attribute] of content.attributes) {
      const existing = attributes.get(name);
      if (existing !== undefined) {
        const detail = `Argument ${quote(name)} was already set at ${formatRange(existing.nameRange)}`;
        diagnostics.push(errorDiagnostic("Duplicate argument", detail, { subject: attribute.nameRange }));
      }
      if (existing === undefined || this.#duplicates === "last") attributes.set(name, attribute);
    }
  }
}

function withoutRequired(schema: BodySchema): BodySchema {
  return { ...schema, attributes: schema.attributes?.map(({ name }) => ({ name })) ?? [] };
}
