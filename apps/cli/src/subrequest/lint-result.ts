import { type SourceExcerpt, subrequestResultInvalid } from "@opendepot/buildkit";
import { type AnswerObject, linesOf, objectOf, objectsOf, parseAnswer, textOf, wholeOf } from "./answer-json.ts";

/** One thing that a check of BuildKit's does not like. BuildKit: frontend/subrequests/lint. */
export interface LintWarning {
  /** For instance `StageNameCasing`. */
  readonly ruleName: string;
  /** What the rule is for. */
  readonly description: string;
  /** Where the rule is explained; may be empty. */
  readonly url: string;
  /** What is wrong here. */
  readonly detail: string;
  /** Undefined when it concerns no place. */
  readonly place: SourceExcerpt | undefined;
}

/** What the request `frontend.lint` came to. */
export interface LintResult {
  /** In the order in which they are shown: by file and line. */
  readonly warnings: readonly LintWarning[];
  /** Why the Dockerfile cannot be built at all. */
  readonly error: { readonly message: string; readonly place: SourceExcerpt | undefined } | undefined;
}

/**
 * Reads an answer to `frontend.lint`.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function readLintResult(json: string): LintResult {
  const answer = objectOf(parseAnswer("frontend.lint", json));
  const sources = objectsOf(answer["sources"]);
  const warnings = objectsOf(answer["warnings"]).map((entry) => toWarning(entry, sources));
  const { buildError } = answer as { readonly buildError?: unknown };
  const error = buildError === undefined || buildError === null ? undefined : objectOf(buildError);
  return {
    warnings: warnings.sort(compareWarnings),
    error: error && { message: linesOf(error["message"]), place: toPlace(objectOf(error["location"]), sources) },
  };
}

function toWarning(entry: AnswerObject, sources: readonly AnswerObject[]): LintWarning {
  return {
    ruleName: textOf(entry["ruleName"]),
    description: textOf(entry["description"]),
    url: textOf(entry["url"]),
    detail: linesOf(entry["detail"]),
    place: toPlace(objectOf(entry["location"]), sources),
  };
}

function toPlace(location: AnswerObject, sources: readonly AnswerObject[]): SourceExcerpt | undefined {
  const index = wholeOf(location["sourceIndex"]);
  if (index < 0 || sources.length === 0) return undefined;
  const source = sources[index];
  if (!source) throw subrequestResultInvalid("frontend.lint", `there is no source ${index}`);
  const { data } = source as { readonly data?: unknown };
  return {
    filename: textOf(source["filename"]),
    data: Buffer.from(typeof data === "string" ? data : "", "base64"),
    ranges: objectsOf(location["ranges"]).map(({ start, end }) => ({
      start: { line: wholeOf(objectOf(start)["line"]) },
      end: { line: wholeOf(objectOf(end)["line"]) },
    })),
  };
}

/** Those without a place come first. */
function compareWarnings(a: LintWarning, b: LintWarning): number {
  if (!a.place || !b.place) return compareMissing(a, b, ({ place }) => place);
  if (a.place.filename !== b.place.filename) return a.place.filename < b.place.filename ? -1 : 1;
  const [lineA, lineB] = [lineOf(a), lineOf(b)];
  if (lineA === undefined || lineB === undefined) return compareMissing(a, b, lineOf);
  return lineA - lineB;
}

function compareMissing(a: LintWarning, b: LintWarning, part: (warning: LintWarning) => unknown): number {
  const [hasA, hasB] = [part(a) !== undefined, part(b) !== undefined];
  if (hasA !== hasB) return hasA ? 1 : -1;
  return a.ruleName < b.ruleName ? -1 : Number(a.ruleName > b.ruleName);
}

function lineOf({ place }: LintWarning): number | undefined {
  return place?.ranges[0]?.start?.line;
}
