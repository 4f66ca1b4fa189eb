import { renderSourceExcerpt, type SourceExcerpt } from "@opendepot/buildkit";
import type { LintResult, LintWarning } from "./lint-result.ts";

/** How places are named. */
export interface LintOptions {
  /** What to call the Dockerfile instead of what the frontend calls it; for instance its path as the user gave it. */
  readonly dockerfileName?: string | undefined;
}

/** The warnings with the lines that they are about, each behind an empty line. buildx v0.36: commands/build.go `printResult`. */
export function renderLintWarnings({ warnings }: LintResult, options: LintOptions = {}): string {
  return warnings.map((warning) => renderWarning(warning, options)).join("");
}

/** What a check prints when nothing else went wrong, or undefined when the error alone is to be told. */
export function renderLint(result: LintResult, options: LintOptions = {}): string {
  const { warnings, error } = result;
  if (warnings.length === 0) return error ? "" : "Check complete, no warnings found.\n";
  const found = warnings.length === 1 ? "1 warning has" : `${warnings.length} warnings have`;
  return `Check complete, ${found} been found!\n${renderLintWarnings(result, options)}${error ? "\n" : ""}`;
}

/** Why the Dockerfile cannot be built, with the lines in question; undefined when it can. */
export function renderLintError({ error }: LintResult, options: LintOptions = {}): string | undefined {
  return error && `${error.message}\n${renderPlace(error.place, options)}`;
}

function renderWarning({ ruleName, url, detail, place }: LintWarning, options: LintOptions): string {
  return `\nWARNING: ${ruleName}${url ? ` - ${url}` : ""}\n${detail}\n${renderPlace(place, options)}`;
}

function renderPlace(place: SourceExcerpt | undefined, { dockerfileName }: LintOptions): string {
  if (!place) return "";
  return renderSourceExcerpt(dockerfileName === undefined ? place : { ...place, filename: dockerfileName });
}
