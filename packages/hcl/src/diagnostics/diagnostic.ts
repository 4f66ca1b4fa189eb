import { formatRange, type SourceRange } from "./source-range.ts";

/** What is wrong with a definition, and where: HCL's `Diagnostic`, in HCL's words. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** A few words without a full stop. */
  readonly summary: string;
  /** Whole sentences. */
  readonly detail: string;
  /** What is to blame. */
  readonly subject?: SourceRange | undefined;
  /** The subject with what is needed to understand it. */
  readonly context?: SourceRange | undefined;
}

/** An error diagnostic. */
export function errorDiagnostic(
  summary: string,
  detail: string,
  { subject, context }: Pick<Diagnostic, "subject" | "context"> = {},
): Diagnostic {
  return { severity: "error", summary, detail, subject, context };
}

/** Whether any of them is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** `file:line,column-column: Summary; detail`, as go-hcl prints one diagnostic. */
export function describeDiagnostic({ subject, summary, detail }: Diagnostic): string {
  return `${subject === undefined ? "<nil>" : formatRange(subject)}: ${summary}; ${detail}`;
}

/** The first diagnostic and how many more there are, as go-hcl prints several. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const [first] = diagnostics;
  if (first === undefined) return "no diagnostics";
  if (diagnostics.length === 1) return describeDiagnostic(first);
  return `${describeDiagnostic(first)}, and ${diagnostics.length - 1} other diagnostic(s)`;
}

/** Diagnostics as an error; its message is that of {@link describeDiagnostics}. */
export class DiagnosticsError extends Error {
  override readonly name = "DiagnosticsError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(describeDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}
