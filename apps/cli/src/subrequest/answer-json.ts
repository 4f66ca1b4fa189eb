import { messageOf } from "@opendepot/base";
import { cleanLine, cleanText, subrequestResultInvalid } from "@opendepot/buildkit";

/** More entries than any Dockerfile gives cause for are not shown. */
const MAX_ENTRIES = 10_000;

/** An object of an answer. */
export type AnswerObject = Readonly<Record<string, unknown>>;

/**
 * The JSON of an answer.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function parseAnswer(request: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw subrequestResultInvalid(request, messageOf(error));
  }
}

/** An object; one without properties for anything else. */
export function objectOf(value: unknown): AnswerObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as AnswerObject) : {};
}

/** The objects of a list; none for anything else. */
export function objectsOf(value: unknown): AnswerObject[] {
  return Array.isArray(value) ? value.slice(0, MAX_ENTRIES).map(objectOf) : [];
}

/** One line of text without what could steer a terminal; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? cleanLine(value) : "";
}

/** {@link textOf} for a text that may have several lines. */
export function linesOf(value: unknown): string {
  return typeof value === "string" ? cleanText(value) : "";
}

/** A whole number; 0 for anything else. */
export function wholeOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
}
