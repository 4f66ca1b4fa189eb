/**
 * Splits one line of comma separated fields, where a field in double quotes may hold commas and `""` is a quote:
 * what docker's commands accept in `--output`, `--secret` and their like (Go's encoding/csv, one record).
 *
 * @returns undefined when the quoting is wrong or the line is empty
 */
export function splitCsvFields(line: string): string[] | undefined {
  const text = line.replace(/\r?\n$/, "");
  if (text === "") return undefined;
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const field = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at);
    if (!field) return undefined;
    fields.push(field.value);
    at = field.next;
  }
  return fields;
}

interface Field {
  readonly value: string;
  /** Where the next field begins; beyond the end of the line when there is none. */
  readonly next: number;
}

function readPlain(text: string, start: number): Field | undefined {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  return value.includes('"') ? undefined : { value, next: end + 1 };
}

function readQuoted(text: string, start: number): Field | undefined {
  let value = "";
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    const after = text[quote + 1];
    if (after === undefined || after === ",") return { value, next: quote + 2 };
    if (after !== '"') return undefined;
    value += '"';
    at = quote + 2;
  }
}
