import { type HttpAnswer, readBounded } from "./transport.ts";

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_WORDS = 500;

/**
 * What a registry says of its refusal, in one line: the codes and messages of OCI distribution-spec v1.1 "Error Codes",
 * or the beginning of a plain text. Empty when it says nothing that is for people.
 */
export async function readRefusal(answer: HttpAnswer): Promise<string> {
  const bytes = await readBounded(answer, MAX_ERROR_BYTES).catch(() => undefined);
  const text = bytes?.toString("utf8").trim() ?? "";
  const type = answer.headers["content-type"] ?? "";
  const words = text.startsWith("{") ? wordsOf(text) : type.startsWith("text/plain") ? text : "";
  return printable(words).slice(0, MAX_WORDS);
}

function wordsOf(text: string): string {
  let answer: Record<string, unknown>;
  try {
    answer = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return "";
  }
  const { errors } = answer;
  if (Array.isArray(errors)) return errors.slice(0, 5).map(describeError).filter(Boolean).join("; ");
  // Token servers answer so: RFC 6749 section 5.2, and what some registries make of it.
  for (const key of ["details", "error_description", "message", "error"]) {
    const words = answer[key];
    if (typeof words === "string" && words !== "") return words;
  }
  return "";
}

function describeError(error: unknown): string {
  const { code, message, detail } = Object(error) as Record<string, unknown>;
  const name = typeof code === "string" ? code.toLowerCase().replaceAll("_", " ") : "";
  const words = typeof message === "string" && message !== "" ? message : name;
  const more = typeof detail === "string" && detail !== "" && detail !== words ? ` (${detail})` : "";
  return `${name === "" || words === name ? words : `${name}: ${words}`}${more}`;
}

/** It comes from outside and goes to a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
