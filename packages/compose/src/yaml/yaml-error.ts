import type { Mark } from "./node.ts";

/**
 * A text that is not YAML, or not YAML that compose files may use. The message is go-yaml's, with
 * `yaml: ` in front. It never leaves this package: the loader wraps it with the file's name.
 */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

/** Where something was noticed, and the start of the construct that was being read. */
export interface Place {
  readonly mark: Mark;
  readonly context?: string;
  readonly contextMark?: Mark;
}

/** An error of the scanner; go-yaml counts its lines from one. */
export function scannerError(message: string, place: Place): YamlError {
  return markedError(message, place, 1);
}

/** An error of the parser; go-yaml counts its lines from zero and calls line zero an unknown position. */
export function parserError(message: string, place: Place): YamlError {
  return markedError(message, place, 0);
}

function markedError(message: string, { mark, context, contextMark }: Place, firstLine: number): YamlError {
  let text = "yaml: ";
  if (context !== undefined && contextMark !== undefined) {
    text += `${context} at ${formatMark(contextMark, firstLine)}: `;
    if (contextMark.line === mark.line && contextMark.column === mark.column) return new YamlError(text + message);
  }
  return new YamlError(`${text}${formatMark(mark, firstLine)}: ${message}`);
}

function formatMark({ line, column }: Mark, firstLine: number): string {
  if (line + firstLine === 0) return "<unknown position>";
  return `line ${line + firstLine}${column === 0 ? "" : `, column ${column + 1}`}`;
}
