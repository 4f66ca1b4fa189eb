import { isProblem, messageOf } from "@opendepot/base";
import { goQuote } from "./go-quote.ts";
import { composeProblem } from "./problems.ts";
import { InvalidTemplateError, type Lookup, substitute } from "./template.ts";

/**
 * Reads an environment file (`.env`, `env_file`) in compose-go v2's grammar (`dotenv/parser.go`): `KEY=value`,
 * `KEY: value`, `export KEY=value`, quotes over several lines, escapes in double quotes, ` #` comments, `${…}` in
 * values that are not in single quotes. A bare `KEY` takes its value from `lookup`, or is left out.
 *
 * Variables in values are taken from `lookup` first, then from the lines above, which start from `into`.
 *
 * @throws {Problem} `dotenv_syntax` with the line
 */
export function parseDotenv(
  text: string,
  lookup: Lookup = () => undefined,
  into: Map<string, string> = new Map(),
): Map<string, string> {
  const parser = new DotenvParser(text.replace(/^\ufeff/, ""), lookup, into);
  try {
    parser.run();
  } catch (error) {
    if (error instanceof InvalidTemplateError) throw composeProblem("dotenv_syntax", error.message, { cause: error });
    if (isProblem(error)) throw composeProblem("dotenv_syntax", error.message, { cause: error });
    throw error;
  }
  return into;
}

const SPACE_IN_LINE = /[\t\v\f\r \x85\xa0]/;
const SPACE = /[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const NAME_CHARACTER = /[\p{L}\p{N}_.\-[\]]/u;

class DotenvParser {
  private readonly text: string;
  private readonly lookup: Lookup;
  private readonly variables: Map<string, string>;
  private position = 0;
  private line = 1;

  constructor(text: string, lookup: Lookup, variables: Map<string, string>) {
    this.text = text;
    this.lookup = lookup;
    this.variables = variables;
  }

  run(): void {
    while (this.skipToStatement()) this.readStatement();
  }

  /** Steps over white space and comment lines. */
  private skipToStatement(): boolean {
    for (;;) {
      while (this.position < this.text.length && SPACE.test(this.current)) {
        if (this.current === "\n") this.line += 1;
        this.position += 1;
      }
      if (this.position >= this.text.length) return false;
      if (this.current !== "#") return true;
      const end = this.text.indexOf("\n", this.position);
      if (end < 0) return false;
      this.position = end;
    }
  }

  private get current(): string {
    return this.text.charAt(this.position);
  }

  private readStatement(): void {
    this.skipExport();
    if (this.position >= this.text.length) throw composeProblem("dotenv_syntax", "zero length string");
    const start = this.position;
    const separator = this.findSeparator();
    const key = separator === undefined ? "" : trimEnd(this.text.slice(start, separator));
    const isBare = separator !== undefined && this.text[separator] === "\n";
    if (isBare && !this.text.slice(start, separator).includes(" ")) this.line += 1;
    this.position = separator === undefined ? start : separator + 1;
    this.skipSpaceInLine();
    if (key.includes(" ")) throw this.problem("key cannot contain a space");
    if (isBare) {
      const value = this.lookup(key);
      if (value !== undefined) this.variables.set(key, value);
    } else this.variables.set(key, this.readValue());
  }

  private skipExport(): void {
    if (!/^export\s/.test(this.text.slice(this.position, this.position + 7))) return;
    this.position += "export".length;
    this.skipSpaceInLine();
  }

  private skipSpaceInLine(): void {
    while (this.position < this.text.length && SPACE_IN_LINE.test(this.current)) this.position += 1;
  }

  /** Where the key ends: at `=`, `:` or the line's end; undefined when the file ends first. */
  private findSeparator(): number | undefined {
    let index = this.position;
    while (index < this.text.length) {
      const character = String.fromCodePoint(this.text.codePointAt(index) ?? 0);
      if (character === "=" || character === ":" || character === "\n") return index;
      if (!SPACE_IN_LINE.test(character) && !NAME_CHARACTER.test(character)) {
        const rest = this.text.slice(this.position).split("\n", 1)[0] ?? "";
        throw this.problem(`unexpected character ${goQuote(character)} in variable name ${goQuote(rest)}`);
      }
      index += character.length;
    }
    return undefined;
  }

  private readValue(): string {
    const quote = this.current;
    return quote === '"' || quote === "'" ? this.readQuoted(quote) : this.readUnquoted();
  }

  private readUnquoted(): string {
    const end = this.text.indexOf("\n", this.position);
    const raw = this.text.slice(this.position, end < 0 ? undefined : end);
    this.position = end < 0 ? this.text.length : end + 1;
    this.line += 1;
    const comment = raw.indexOf(" #");
    return this.expand(trimEnd(comment < 0 ? raw : raw.slice(0, comment)));
  }

  private readQuoted(quote: string): string {
    const start = this.position;
    const parts: string[] = [];
    for (let index = start + 1; index < this.text.length; index += 1) {
      const character = this.text.charAt(index);
      if (character === "\n") this.line += 1;
      if (character === quote) {
        this.position = index + 1;
        const value = parts.join("");
        return quote === '"' ? this.expand(expandEscapes(value)) : value;
      }
      if (character !== "\\") {
        parts.push(character);
        continue;
      }
      // A backslash is kept, but for the one before a quote.
      const next = this.text.charAt(index + 1);
      if (next === "") break;
      if (next === "\n") this.line += 1;
      parts.push(next === quote ? next : `\\${next}`);
      index += 1;
    }
    const firstLine = this.text.slice(start).split("\n", 1)[0] ?? "";
    throw this.problem(`unterminated quoted value ${firstLine}`);
  }

  private expand(value: string): string {
    return substitute(value, { lookup: (name) => this.lookup(name) ?? this.variables.get(name) });
  }

  private problem(message: string): Error {
    return composeProblem("dotenv_syntax", `line ${this.line}: ${message}`);
  }
}

// Not a regular expression: those take quadratic time for spaces that are followed by something.
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  // Left for the substitution, where two dollar signs are one.
  $: "$$",
  '"': '"',
  "\\": "\\",
};

function expandEscapes(text: string): string {
  return text.replace(
    /\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g,
    (match, letter: string | undefined, octal: string | undefined) => {
      if (letter !== undefined) return ESCAPES[letter] ?? match;
      if (octal === undefined || !/^[0-7]{3}$/.test(octal) || Number.parseInt(octal, 8) > 255)
        return octal === undefined ? match : `\\${octal}`;
      return String.fromCharCode(Number.parseInt(octal, 8));
    },
  );
}

/** The text of anything that ends the reading of an environment file. */
export function dotenvFailure(path: string, error: unknown): Error {
  return composeProblem("dotenv_syntax", `failed to read ${path}: ${messageOf(error)}`, { cause: error });
}
