import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { Expression } from "./expression.ts";

/** An attribute that is expected. */
export interface AttributeSchema {
  readonly name: string;
  /** Default: false. */
  readonly required?: boolean;
}

/** Blocks that are expected. */
export interface BlockSchema {
  readonly type: string;
  /** What each label is called, in order. Default: no labels. */
  readonly labelNames?: readonly string[];
}

/** What is expected in a body: HCL's `BodySchema`. */
export interface BodySchema {
  readonly attributes?: readonly AttributeSchema[];
  readonly blocks?: readonly BlockSchema[];
}

/** `name = expression`. */
export interface Attribute {
  readonly name: string;
  readonly expression: Expression;
  readonly range: SourceRange;
  readonly nameRange: SourceRange;
}

/** `type "label" { body }`. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  /** The header, for messages about the block as a whole. */
  readonly defRange: SourceRange;
  readonly typeRange: SourceRange;
  readonly labelRanges: readonly SourceRange[];
}

/** What was found of a schema. */
export interface BodyContent {
  /** In the order of the file. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What was found of a schema, and what is left. */
export interface PartialBodyContent extends BodyContent {
  readonly remain: Body;
}

/** The content of a file or a block in either syntax: HCL's `Body`. */
export interface Body {
  /** What the schema asks for; anything else is an error. */
  content(schema: BodySchema): BodyContent;
  /** What the schema asks for; anything else is in `remain`. */
  partialContent(schema: BodySchema): PartialBodyContent;
  /** All attributes; blocks are an error. */
  justAttributes(): Omit<BodyContent, "blocks">;
  /** Where to point to when something is missing. */
  readonly missingItemRange: SourceRange;
}
