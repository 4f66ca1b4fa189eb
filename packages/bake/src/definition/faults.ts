import { type Diagnostic, DiagnosticsError, hasErrors, type SourceRange } from "@opendepot/hcl";

/** Why a definition cannot be resolved, before it is known which expression is to blame. */
export class ResolveFault extends Error {
  override readonly name = "ResolveFault";
  /** A variable or function that nobody defined: whoever asked may leave it to the evaluator to complain. */
  readonly isUndefined: boolean;

  constructor(message: string, options: { readonly isUndefined?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isUndefined = options.isUndefined ?? false;
  }
}

/** Where a diagnostic points. */
export interface Blame {
  readonly subject?: SourceRange | undefined;
  readonly context?: SourceRange | undefined;
}

/** Stops when there is an error among the diagnostics. @throws {DiagnosticsError} */
export function check(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw new DiagnosticsError(diagnostics);
}

/**
 * What was thrown as diagnostics: those of a {@link DiagnosticsError} as they are, anything else that a definition can
 * cause as one diagnostic (buildx v0.36 bake/hclparser `wrapErrorDiagnostic`).
 *
 * @throws whatever else was thrown: it is a bug
 */
export function blame(thrown: unknown, summary: string, { subject, context }: Blame): DiagnosticsError {
  if (thrown instanceof DiagnosticsError) return thrown;
  if (!isDefinitionFault(thrown)) throw thrown;
  return new DiagnosticsError([{ severity: "error", summary, detail: thrown.message, subject, context }]);
}

/** Whether a definition can cause it: a {@link ResolveFault}, or a `PathError` of the language. */
export function isDefinitionFault(thrown: unknown): thrown is Error {
  return thrown instanceof ResolveFault || (thrown instanceof Error && thrown.name === "PathError");
}
