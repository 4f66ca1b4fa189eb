import { type AnswerObject, objectOf, objectsOf, parseAnswer, textOf } from "./answer-json.ts";
import { alignColumns } from "./tab-columns.ts";

/**
 * The parameters of a target: its build arguments, secrets and SSH agents.
 * BuildKit: frontend/subrequests/outline.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function renderOutline(json: string): string {
  const outline = objectOf(parseAnswer("frontend.outline", json));
  return [
    head(textOf(outline["name"]), textOf(outline["description"])),
    table("BUILD ARG\tVALUE\tDESCRIPTION", objectsOf(outline["args"]), ({ name, value, description }) =>
      [name, value, description].map(textOf).join("\t"),
    ),
    table("SECRET\tREQUIRED", objectsOf(outline["secrets"]), requirement),
    table("SSH\tREQUIRED", objectsOf(outline["ssh"]), requirement),
  ].join("");
}

function head(name: string, description: string): string {
  if (!name && !description) return "";
  const lines = [`TARGET:\t${name || "(default)"}`, ...(description ? [`DESCRIPTION:\t${description}`] : [])];
  return `${alignColumns(lines, { padding: 1 })}\n`;
}

function requirement({ name, required }: AnswerObject): string {
  return `${textOf(name)}\t${required === true ? "true" : ""}`;
}

function table(title: string, entries: readonly AnswerObject[], toLine: (entry: AnswerObject) => string): string {
  if (entries.length === 0) return "";
  return `${alignColumns([title, ...entries.map(toLine)], { padding: 3 })}\n`;
}
