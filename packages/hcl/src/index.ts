export * from "./cty/index.ts";
export {
  type Diagnostic,
  DiagnosticsError,
  describeDiagnostic,
  describeDiagnostics,
  errorDiagnostic,
  hasErrors,
} from "./diagnostics/diagnostic.ts";
export { formatDiagnostic } from "./diagnostics/format-diagnostic.ts";
export {
  formatRange,
  initialPosition,
  type Position,
  rangeBetween,
  type SourceRange,
} from "./diagnostics/source-range.ts";
export type {
  Attribute,
  AttributeSchema,
  Block,
  BlockSchema,
  Body,
  BodyContent,
  BodySchema,
  PartialBodyContent,
} from "./eval/body.ts";
export { EvalContext, type Lookup, type Names } from "./eval/eval-context.ts";
export { type Evaluation, type Expression, keywordOf, type StaticCall, type StaticEntry } from "./eval/expression.ts";
export { type MergeOptions, mergeBodies } from "./eval/merge-bodies.ts";
export { parseTypeExpression, type TypeExpression } from "./eval/type-expression.ts";
export {
  type HclExpression,
  type HclFile,
  parseHcl,
  parseHclExpression,
  parseHclTemplate,
  parseJsonHcl,
} from "./file.ts";
export * from "./functions/index.ts";
export { isIdentifier } from "./syntax/characters.ts";
export type { TextPlace } from "./syntax/lexer.ts";
export type { Traversal, TraversalStep } from "./syntax/tree.ts";
