import type { Problem } from "@opendepot/base";
import { type DiagnosticsError, formatDiagnostic } from "@opendepot/hcl";
import type { BakeFile } from "../lookup.ts";
import { type BakeProblemCode, bakeProblem } from "../problems.ts";

/** Diagnostics as a problem; `detail.excerpt` shows the lines of the first one that points to any. */
export function definitionInvalid(fault: DiagnosticsError, files: readonly BakeFile[]): Problem<BakeProblemCode> {
  const shown = fault.diagnostics.find(({ severity, subject }) => severity === "error" && subject !== undefined);
  // Of files with the same name the first one is shown.
  const sources = new Map(files.toReversed().map(({ name, text }) => [name, text]));
  const excerpt = shown === undefined ? "" : formatDiagnostic(shown, sources);
  return bakeProblem("bake_definition_invalid", fault.message, { cause: fault, detail: { excerpt } });
}
