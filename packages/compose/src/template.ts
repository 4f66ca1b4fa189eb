import { composeProblem, limitExceeded } from "./problems.ts";

/** Finds a variable's value; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A `$` that begins something that is no substitution; the text around it goes into the message. */
export class InvalidTemplateError extends Error {
  readonly template: string;

  constructor(template: string) {
    super(`Invalid template: ${JSON.stringify(template)}`);
    this.name = "InvalidTemplateError";
    this.template = template;
  }
}

/** What substitution needs to know. */
export interface SubstituteOptions {
  readonly lookup: Lookup;
  /** Told of each variable that is not set and has no default. */
  readonly onUnset?: ((name: string) => void) | undefined;
}

/** How deep `${A:-${B:-…}}` may be nested: our own bound. */
const MAX_DEPTH = 200;

/**
 * Puts variables into a text: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`,
 * `${NAME+other}`, `${NAME:?message}`, `${NAME?message}`, nested; `$$` is a dollar sign. Mirrors compose-go v2's
 * `template/template.go`, including what it does with braces that do not match.
 *
 * @throws {InvalidTemplateError} for `${` that begins no substitution
 * @throws {Problem} `compose_interpolation` for a required variable without a value, `compose_limit`
 */
export function substitute(text: string, options: SubstituteOptions): string {
  return text.includes("$") ? new Substitution(text, options, 0).run() : text;
}

const NAME = /[_a-z][_a-z0-9]*/iuy;
const OPERATOR = /:?[-+?]/y;

class Substitution {
  private readonly text: string;
  private readonly options: SubstituteOptions;
  private readonly depth: number;
  /** The innermost text that compose-go would be working on: it names it in errors. */
  private scope: { readonly start: number; readonly end: number };

  constructor(text: string, options: SubstituteOptions, depth: number) {
    if (depth > MAX_DEPTH) throw limitExceeded(`substitutions are nested deeper than ${MAX_DEPTH}`);
    this.text = text;
    this.options = options;
    this.depth = depth;
    this.scope = { start: 0, end: text.length };
  }

  run(): string {
    const { text } = this;
    let result = "";
    let position = 0;
    for (;;) {
      const dollar = text.indexOf("$", position);
      if (dollar < 0) return result + text.slice(position);
      result += text.slice(position, dollar);
      if (dollar >= this.scope.end) this.scope = { start: 0, end: text.length };
      const [value, end] = this.substituteAt(dollar);
      result += value;
      position = end;
    }
  }

  /** What stands for the substitution at `dollar`, and where the text goes on. */
  private substituteAt(dollar: number): [value: string, end: number] {
    const next = this.text[dollar + 1];
    if (next === "$") return ["$", dollar + 2];
    if (next === "{") return this.substituteBraced(dollar);
    const name = matchAt(NAME, this.text, dollar + 1);
    return name === "" ? ["$", dollar + 1] : [this.value(name), dollar + 1 + name.length];
  }

  private substituteBraced(dollar: number): [value: string, end: number] {
    const name = matchAt(NAME, this.text, dollar + 2);
    const operatorAt = dollar + 2 + name.length;
    if (name !== "" && this.text[operatorAt] === "}") return [this.value(name), operatorAt + 1];
    const operator = name === "" ? "" : matchAt(OPERATOR, this.text, operatorAt);
    const lastBrace = operator === "" ? -1 : this.lastBraceOfLine(operatorAt + operator.length);
    if (lastBrace < 0) throw new InvalidTemplateError(this.text.slice(this.scope.start, this.scope.end));
    const closing = closingBrace(this.text, dollar, lastBrace);
    const operand = this.text.slice(operatorAt + operator.length, closing ?? lastBrace);
    const value = this.apply({ name, operator, operand });
    if (closing === undefined) return [value, lastBrace + 1];
    this.scope = { start: closing + 1, end: lastBrace + 1 };
    return [value, closing + 1];
  }

  private lineEnd = -1;
  private lineBrace = -1;

  // The line's last brace is found once for all substitutions of the line.
  private lastBraceOfLine(from: number): number {
    if (from > this.lineEnd) {
      const end = this.text.indexOf("\n", from);
      this.lineEnd = end < 0 ? this.text.length : end;
      this.lineBrace = this.text.lastIndexOf("}", this.lineEnd);
    }
    return this.lineBrace >= from ? this.lineBrace : -1;
  }

  private apply({ name, operator, operand }: { name: string; operator: string; operand: string }): string {
    const value = this.options.lookup(name);
    const isSet = value !== undefined && (!operator.startsWith(":") || value !== "");
    switch (operator.at(-1)) {
      case "-":
        return isSet ? value : this.nested(operand);
      case "+":
        return isSet ? this.nested(operand) : (value ?? "");
      default: {
        if (isSet) return value;
        const reason = this.nested(operand);
        const text = `required variable ${name} is missing a value${reason === "" ? "" : `: ${reason}`}`;
        throw composeProblem("compose_interpolation", text, {
          hint: `set ${name} in the environment or in the .env file`,
        });
      }
    }
  }

  private nested(text: string): string {
    return text.includes("$") ? new Substitution(text, this.options, this.depth + 1).run() : text;
  }

  private value(name: string): string {
    const value = this.options.lookup(name);
    if (value === undefined) this.options.onUnset?.(name);
    return value ?? "";
  }
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}

// compose-go skips the character behind an opening brace when it counts.
function closingBrace(text: string, start: number, last: number): number | undefined {
  let open = 0;
  for (let index = start; index <= last; index += 1) {
    if (text[index] === "}") {
      open -= 1;
      if (open === 0) return index;
    }
    if (text[index] === "{") {
      open += 1;
      index += 1;
    }
  }
  return undefined;
}
