import { stripVTControlCharacters } from "node:util";
import type { LogEntry } from "../store/steps.ts";

/** Control characters that mean nothing in a page, but for tab and new line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A log as plain text: no colours, and of lines that a program drew again and again only the last form. */
export function toLogText(entries: readonly Pick<LogEntry, "message">[]): string {
  const text = Buffer.concat(entries.map(({ message }) => message)).toString("utf8");
  return stripVTControlCharacters(text)
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.slice(line.replace(/\r+$/, "").lastIndexOf("\r") + 1).replace(CONTROL, ""))
    .join("\n");
}
