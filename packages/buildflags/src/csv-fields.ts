import { buildFlagInvalid } from "./problems.ts";

const BARE_QUOTE = 'bare " in non-quoted-field';
const WRONG_QUOTE = 'extraneous or missing " in quoted-field';

/**
 * Splits one line of comma separated fields, where a field in double quotes may hold commas and `""` is a quote:
 * what docker's commands accept in `--output`, `--secret` and their like (tonistiigi/go-csvvalue `Fields`).
 *
 * @param comma what separates fields; bake splits the elements of maps at colons
 * @throws {Problem} `build_flag_invalid` in the words of Go's encoding/csv, with the column in bytes
 */
export function readCsvFields(line: string, comma = ","): string[] {
  const text = line.replace(/\r?\n$/, "");
  if (text === "") throw buildFlagInvalid("EOF");
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const field = text[at] === '"' ? readQuoted(text, at, comma) : readPlain(text, at, comma);
    fields.push(field.value);
    at = field.next;
  }
  return fields;
}

/** Like {@link readCsvFields}, but undefined when the quoting is wrong or the line is empty. */
export function splitCsvFields(line: string): string[] | undefined {
  try {
    return readCsvFields(line);
  } catch {
    return undefined;
  }
}

interface Field {
  readonly value: string;
  /** Where the next field begins; beyond the end of the line when there is none. */
  readonly next: number;
}

function readPlain(text: string, start: number, comma: string): Field {
  const found = text.indexOf(comma, start);
  const end = found < 0 ? text.length : found;
  const value = text.slice(start, end);
  if (value.includes('"')) throw wrong(text, start + value.indexOf('"'), BARE_QUOTE);
  return { value, next: end + 1 };
}

function readQuoted(text: string, start: number, comma: string): Field {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw wrong(text, at, WRONG_QUOTE);
    value += text.slice(at, quote);
    const after = text[quote + 1];
    if (after === undefined || after === comma) return { value, next: quote + 2 };
    if (after !== '"') throw wrong(text, quote, WRONG_QUOTE);
    value += '"';
    at = quote + 2;
  }
}

function wrong(text: string, at: number, why: string): Error {
  const column = new TextEncoder().encode(text.slice(0, at)).length + 1;
  return buildFlagInvalid(`parse error on line 1, column ${column}: ${why}`);
}

/** Writes `key=value` pairs as one line that {@link readCsvFields} reads back. */
export function writeCsvFields(pairs: Iterable<readonly [key: string, value: string]>): string {
  return [...pairs].map(([key, value]) => quoteWhereNeeded(`${key}=${value}`)).join(",");
}

function quoteWhereNeeded(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
