import type { VertexWarning } from "../gen/moby/buildkit/v1/control.ts";
import { renderSourceExcerpt } from "../source-excerpt.ts";
import { cleanText } from "./control-chars.ts";
import { createTheme, type ThemeOptions } from "./theme.ts";

/** How much {@link warningSummary} tells. */
export interface WarningSummaryOptions extends ThemeOptions {
  /** With details, links and excerpts of the Dockerfile. Default: one line for each. */
  readonly isExpanded?: boolean | undefined;
}

/** What stands below the display when a build had warnings. Empty when it had none. */
export function warningSummary(warnings: readonly VertexWarning[], options: WarningSummaryOptions = {}): string {
  if (warnings.length === 0) return "";
  const count = warnings.length === 1 ? "1 warning found" : `${warnings.length} warnings found`;
  const title = options.isExpanded ? `${count}:` : `${count} (use --debug to see all of it):`;
  const list = warnings.map((warning) => (options.isExpanded ? expanded(warning) : line(warning)));
  return `\n ${createTheme(options).paint("warning", title)}\n${list.join("")}`;
}

function line({ short }: VertexWarning): string {
  return ` - ${text(short)}\n`;
}

function expanded(warning: VertexWarning): string {
  const { detail, url, info, ranges } = warning;
  const details = detail.map((bytes) => `${text(bytes)}\n`).join("");
  const link = url === "" ? "" : `More info: ${cleanText(url)}\n`;
  return `${line(warning)}${details}${link}${info ? renderSourceExcerpt({ ...info, ranges }) : ""}\n`;
}

function text(bytes: Uint8Array): string {
  return cleanText(new TextDecoder().decode(bytes));
}
