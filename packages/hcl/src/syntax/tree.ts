import type { Value } from "../cty/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";

/** One step of a reference such as `target.app["tags"]`: HCL's `Traverser`. The first is the `root`. */
export type TraversalStep =
  | { readonly kind: "root"; readonly name: string; readonly range: SourceRange }
  | { readonly kind: "attribute"; readonly name: string; readonly range: SourceRange }
  | { readonly kind: "index"; readonly key: Value; readonly range: SourceRange };

/** A way into a value by constant steps: HCL's `Traversal`. */
export type Traversal = readonly TraversalStep[];

/** A value that is written down. Also stands for what could not be parsed; its value is then not known. */
export interface LiteralNode {
  readonly kind: "literal";
  readonly value: Value;
  readonly range: SourceRange;
}

/** A reference to a variable and parts of it. */
export interface ScopeTraversalNode {
  readonly kind: "scopeTraversal";
  readonly traversal: TraversalStep[];
  range: SourceRange;
}

/** Constant steps into the result of an expression. */
export interface RelativeTraversalNode {
  readonly kind: "relativeTraversal";
  readonly source: ExpressionNode;
  readonly traversal: TraversalStep[];
  range: SourceRange;
}

/** `name(args)`. */
export interface FunctionCallNode {
  readonly kind: "functionCall";
  /** With its namespaces: `a::b`. */
  readonly name: string;
  readonly args: readonly ExpressionNode[];
  /** The last argument ends with `...`: each of its elements is an argument. */
  readonly expandFinal: boolean;
  readonly nameRange: SourceRange;
  readonly openParenRange: SourceRange;
  readonly closeParenRange: SourceRange;
  readonly range: SourceRange;
}

/** `condition ? whenTrue : whenFalse`, or the `if` directive of a template. */
export interface ConditionalNode {
  readonly kind: "conditional";
  readonly condition: ExpressionNode;
  readonly whenTrue: ExpressionNode;
  readonly whenFalse: ExpressionNode;
  readonly range: SourceRange;
}

/** `collection[key]` with a key that is not constant. */
export interface IndexNode {
  readonly kind: "index";
  readonly collection: ExpressionNode;
  readonly key: ExpressionNode;
  readonly openRange: SourceRange;
  readonly bracketRange: SourceRange;
  readonly range: SourceRange;
}

/** `[elements]`. */
export interface TupleNode {
  readonly kind: "tuple";
  readonly elements: readonly ExpressionNode[];
  readonly openRange: SourceRange;
  readonly range: SourceRange;
}

/** `key = value` in an object. */
export interface ObjectItem {
  readonly key: ObjectKeyNode;
  readonly value: ExpressionNode;
}

/** `{ items }`. */
export interface ObjectNode {
  readonly kind: "object";
  readonly items: readonly ObjectItem[];
  readonly openRange: SourceRange;
  readonly range: SourceRange;
}

/** A key of an object constructor: a bare name is a string, not a reference. */
export interface ObjectKeyNode {
  readonly kind: "objectKey";
  readonly wrapped: ExpressionNode;
  /** The key is in parentheses, so it is an expression even when it is a bare name. */
  readonly forceExpression: boolean;
  readonly range: SourceRange;
}

/** A `for` expression, or the `for` directive of a template. */
export interface ForNode {
  readonly kind: "for";
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly collection: ExpressionNode;
  /** Given when an object is built. */
  readonly key: ExpressionNode | undefined;
  readonly value: ExpressionNode;
  readonly condition: ExpressionNode | undefined;
  /** `...` behind the value: values of the same key are collected. */
  readonly group: boolean;
  readonly openRange: SourceRange;
  readonly range: SourceRange;
}

/** `source.*.each` or `source[*].each`. */
export interface SplatNode {
  readonly kind: "splat";
  readonly source: ExpressionNode;
  readonly each: ExpressionNode;
  /** Stands in `each` for the element. */
  readonly item: SplatItemNode;
  readonly markerRange: SourceRange;
  readonly range: SourceRange;
}

/** The element at hand in the `each` of a splat. */
export interface SplatItemNode {
  readonly kind: "splatItem";
  readonly range: SourceRange;
}

/** The operators between two operands. */
export type BinaryOperator = "||" | "&&" | "==" | "!=" | ">" | ">=" | "<" | "<=" | "+" | "-" | "*" | "/" | "%";

/** `left operator right`. */
export interface BinaryNode {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly range: SourceRange;
}

/** `-operand` or `!operand`. */
export interface UnaryNode {
  readonly kind: "unary";
  readonly operator: "-" | "!";
  readonly operand: ExpressionNode;
  readonly symbolRange: SourceRange;
  readonly range: SourceRange;
}

/** A quoted string or a heredoc. */
export interface TemplateNode {
  readonly kind: "template";
  readonly parts: readonly ExpressionNode[];
  readonly range: SourceRange;
}

/** The results of a template's `for` directive, put together. */
export interface TemplateJoinNode {
  readonly kind: "templateJoin";
  readonly tuple: ForNode;
  readonly range: SourceRange;
}

/** A template that is only one interpolation: its value stays what it is. */
export interface TemplateWrapNode {
  readonly kind: "templateWrap";
  readonly wrapped: ExpressionNode;
  readonly range: SourceRange;
}

/** `(inner)`: kept for its range. */
export interface ParenthesesNode {
  readonly kind: "parentheses";
  readonly inner: ExpressionNode;
  readonly range: SourceRange;
}

/** What could not be parsed, with the reason. */
export interface SyntaxErrorNode {
  readonly kind: "syntaxError";
  readonly diagnostics: readonly Diagnostic[];
  readonly range: SourceRange;
}

/** An expression of the native syntax. */
export type ExpressionNode =
  | LiteralNode
  | ScopeTraversalNode
  | RelativeTraversalNode
  | FunctionCallNode
  | ConditionalNode
  | IndexNode
  | TupleNode
  | ObjectNode
  | ObjectKeyNode
  | ForNode
  | SplatNode
  | SplatItemNode
  | BinaryNode
  | UnaryNode
  | TemplateNode
  | TemplateJoinNode
  | TemplateWrapNode
  | ParenthesesNode
  | SyntaxErrorNode;

/** `name = expression`. */
export interface AttributeNode {
  readonly name: string;
  readonly expression: ExpressionNode;
  readonly nameRange: SourceRange;
  readonly range: SourceRange;
}

/** `type "label" { body }`. */
export interface BlockNode {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: BodyNode;
  readonly typeRange: SourceRange;
  readonly labelRanges: readonly SourceRange[];
  readonly openBraceRange: SourceRange;
}

/** The content of a file or a block. */
export interface BodyNode {
  /** In the order of the file. */
  readonly attributes: ReadonlyMap<string, AttributeNode>;
  readonly blocks: readonly BlockNode[];
  readonly range: SourceRange;
}
