import { cleanText, type SubrequestResult } from "@opendepot/buildkit";
import { readLintResult } from "./lint-result.ts";
import { renderDescribe } from "./render-describe.ts";
import { type LintOptions, renderLint, renderLintError } from "./render-lint.ts";
import { renderOutline } from "./render-outline.ts";
import { renderTargets } from "./render-targets.ts";

/** What was asked for, and how it is to be shown: the value of `--call`. */
export interface CallView extends LintOptions {
  /** For instance `lint`, `outline`, `targets`, `subrequests.describe`. */
  readonly method: string;
  /** `json` for the answer as it is; anything else for text. */
  readonly format: string;
  /** Leaves the exit code at 0 whatever was found. */
  readonly isStatusIgnored: boolean;
}

/** A call's answer as it goes to the user. */
export interface PrintedCall {
  /** For standard output. */
  readonly text: string;
  readonly exitCode: number;
  /** Why the Dockerfile cannot be built, to be told as the command's error; may have several lines. */
  readonly error: string | undefined;
}

/** The form of the answers that are understood here. */
const KNOWN_VERSION = "1.0.0";

const RENDERERS: Readonly<Record<string, (json: string) => string>> = {
  outline: renderOutline,
  targets: renderTargets,
  "subrequests.describe": renderDescribe,
};

/**
 * Shows the answer to a subrequest as `docker buildx build --call` does. buildx v0.36: commands/build.go `printResult`.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function printCall(result: SubrequestResult, view: CallView): PrintedCall {
  const error = view.method === "lint" ? renderLintError(readLint(result), view) : undefined;
  const text = view.format === "json" && result.json ? `${result.json}\n` : textOf(result, view);
  return { text, error, exitCode: error === undefined ? statusOf(result, view) : 1 };
}

function statusOf({ statusCode }: SubrequestResult, { isStatusIgnored }: CallView): number {
  return isStatusIgnored ? 0 : statusCode;
}

function textOf(result: SubrequestResult, view: CallView): string {
  const isTooNew = result.text !== "" && compareVersions(result.version, KNOWN_VERSION) > 0;
  if (isTooNew) return cleanText(result.text);
  if (view.method === "lint") return renderLint(readLint(result), view);
  const render = Object.hasOwn(RENDERERS, view.method) ? RENDERERS[view.method] : undefined;
  if (render && result.json) return render(result.json);
  return cleanText(result.text || result.json);
}

function readLint({ json }: SubrequestResult): ReturnType<typeof readLintResult> {
  return readLintResult(json || "{}");
}

/** Compares dotted numbers; what is missing counts as 0. */
function compareVersions(a: string, b: string): number {
  const [numbersA, numbersB] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let at = 0; at < Math.max(numbersA.length, numbersB.length); at++) {
    const difference = (numbersA[at] || 0) - (numbersB[at] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
