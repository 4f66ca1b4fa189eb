import { FunctionError } from "../core/function.ts";

/** One record of a CSV text, and the line it begins on, from 1. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * Reads CSV as Go's `encoding/csv` does: quotes only around whole fields, empty lines skipped.
 * @throws {FunctionError} with go-cty's message.
 */
export function* parseCsv(text: string): Generator<CsvRecord> {
  const reader = new CsvReader(text.replaceAll("\r\n", "\n").replace(/\r$/, ""));
  while (reader.skipEmptyLines()) yield reader.record();
}

/** Go's error for a CSV text. */
export function csvFault(line: number, reason: string): FunctionError {
  return new FunctionError(`CSV parse error on line ${line}: ${reason}`);
}

class CsvReader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  skipEmptyLines(): boolean {
    while (this.#text[this.#at] === "\n") {
      this.#at++;
      this.#line++;
    }
    return this.#at < this.#text.length;
  }

  record(): CsvRecord {
    const line = this.#line;
    const fields: string[] = [];
    do fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
    while (this.#text[this.#at++] === ",");
    this.#line++;
    return { fields, line };
  }

  #plain(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== "," && this.#text[this.#at] !== "\n") this.#at++;
    const field = this.#text.slice(start, this.#at);
    if (field.includes('"')) throw csvFault(this.#line, 'bare " in non-quoted-field');
    return field;
  }

  #quoted(): string {
    let field = "";
    for (;;) {
      const end = this.#text.indexOf('"', this.#at + 1);
      const part = this.#text.slice(this.#at + 1, end < 0 ? undefined : end);
      this.#line += part.split("\n").length - 1;
      if (end < 0)
        throw csvFault(this.#line - (part.endsWith("\n") ? 1 : 0), 'extraneous or missing " in quoted-field');
      field += part;
      this.#at = end + 1;
      const next = this.#text[this.#at];
      if (next !== '"') return this.#closed(field, next);
      field += '"';
    }
  }

  #closed(field: string, next: string | undefined): string {
    if (next === undefined || next === "," || next === "\n") return field;
    throw csvFault(this.#line, 'extraneous or missing " in quoted-field');
  }
}
