import {
  type CharClass,
  not,
  notNewline,
  oneRune,
  PERL_CLASSES,
  POSIX_CLASSES,
  range,
  unicodeClass,
  union,
} from "./char-class.ts";

/** A regular expression of Go's `regexp/syntax`, as far as ignore patterns can produce one. */
export type Regexp =
  | { readonly kind: "class"; readonly includes: CharClass }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly Regexp[] }
  | { readonly kind: "choice"; readonly parts: readonly Regexp[] }
  | { readonly kind: "repeat"; readonly inner: Regexp; readonly least: number; readonly most: number };

export type Assertion = "begin" | "end" | "word" | "not-word";

/** Go's limit for `{n}`. */
const MAX_REPEAT = 1000;

/** What Go calls a syntax error; the caller names the pattern. */
export class RegexpSyntaxError extends Error {
  override name = "RegexpSyntaxError";
}

/**
 * Parses a regular expression with the rules and the errors of Go's `regexp.Compile` (RE2 syntax, Perl flags).
 * Not supported, since no pattern leads there: flags, named and non-capturing groups, lazy repeats.
 *
 * @throws {RegexpSyntaxError}
 */
export function parseRegexp(source: string): Regexp {
  const parser = new Parser(source);
  const regexp = parser.choice();
  if (!parser.atEnd) throw new RegexpSyntaxError("unexpected )");
  return regexp;
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
  }

  get atEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  choice(): Regexp {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "choice", parts };
  }

  #sequence(): Regexp {
    const parts: Regexp[] = [];
    let afterRepeat = false;
    while (!this.atEnd && this.#peek() !== "|" && this.#peek() !== ")") {
      const bounds = this.#repeatBounds();
      const inner = bounds && parts.pop();
      if (!bounds) {
        parts.push(...this.#atoms());
        afterRepeat = false;
      } else if (!inner || afterRepeat) {
        throw new RegexpSyntaxError(inner ? "nested repetition" : "nothing to repeat");
      } else {
        parts.push({ kind: "repeat", inner, ...bounds });
        afterRepeat = true;
      }
    }
    return { kind: "sequence", parts };
  }

  #repeatBounds(): { least: number; most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { least: 0, most: 1 };
    const counted = this.#peek() === "{" && /^\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/.exec(this.#rest());
    if (!counted) return undefined; // a brace that counts nothing is a brace
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const isOpen = counted[2] !== undefined && counted[3] === undefined;
    const most = isOpen ? Number.POSITIVE_INFINITY : Number(counted[3] ?? counted[1]);
    if (least > MAX_REPEAT || least > most || (!isOpen && most > MAX_REPEAT)) {
      throw new RegexpSyntaxError(`invalid repeat count ${counted[0]}`);
    }
    return { least, most };
  }

  #atoms(): Regexp[] {
    const char = this.#next();
    switch (char) {
      case "^":
        return [{ kind: "assert", what: "begin" }];
      case "$":
        return [{ kind: "assert", what: "end" }];
      case ".":
        return [{ kind: "class", includes: notNewline }];
      case "(": {
        const inner = this.choice();
        if (!this.#take(")")) throw new RegexpSyntaxError("missing )");
        return [inner];
      }
      case "[":
        return [{ kind: "class", includes: this.#bracketClass() }];
      case "\\":
        return this.#escape();
      default:
        return [literal(char)];
    }
  }

  #escape(): Regexp[] {
    const char = this.#peek();
    if (this.#take("A")) return [{ kind: "assert", what: "begin" }];
    if (this.#take("z")) return [{ kind: "assert", what: "end" }];
    if (this.#take("b")) return [{ kind: "assert", what: "word" }];
    if (this.#take("B")) return [{ kind: "assert", what: "not-word" }];
    if (this.#take("Q")) return this.#quoted();
    const known = this.#escapedClass(char);
    return [known ? { kind: "class", includes: known } : literal(this.#escapedChar())];
  }

  /** `\Q…\E`, or to the very end. */
  #quoted(): Regexp[] {
    const rest = this.#rest();
    const end = rest.indexOf("\\E");
    const text = [...(end < 0 ? rest : rest.slice(0, end))];
    this.#at += text.length + (end < 0 ? 0 : 2);
    return text.map(literal);
  }

  /** `\d` and its like, `\pL`, `\p{Greek}`; undefined when the escape is for one character. */
  #escapedClass(char: string): CharClass | undefined {
    const perl = PERL_CLASSES[char.toLowerCase()];
    if (perl && Object.hasOwn(PERL_CLASSES, char.toLowerCase())) {
      this.#at++;
      return char === char.toLowerCase() ? perl : not(perl);
    }
    if (char !== "p" && char !== "P") return undefined;
    const match = /^[pP](?:\{(\^?)([^}]*)\}|([^{]))/su.exec(this.#rest());
    const found = unicodeClass(match?.[2] ?? match?.[3] ?? "");
    if (!match || !found) throw new RegexpSyntaxError("invalid character class range");
    this.#at += [...match[0]].length;
    return (char === "P") !== (match[1] === "^") ? not(found) : found;
  }

  /** One character after a backslash, with the escapes that Go knows. */
  #escapedChar(): string {
    const rest = this.#rest();
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(rest);
    const coded = octal ?? hex;
    if (coded) {
      this.#at += coded[0].length;
      const rune = octal ? Number.parseInt(octal[0], 8) : Number.parseInt(hex?.[1] ?? hex?.[2] ?? "", 16);
      if (rune > 0x10ffff) throw new RegexpSyntaxError("invalid escape");
      return String.fromCodePoint(rune);
    }
    const char = this.#next();
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (/^[\0-\x2f:-@[-`{-\x7f]$/.test(char)) return char; // ASCII that is no letter and no digit
    throw new RegexpSyntaxError(`invalid escape \\${char}`);
  }

  #bracketClass(): CharClass {
    const isNegated = this.#take("^");
    const parts: CharClass[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.atEnd) throw new RegexpSyntaxError("missing ]");
      parts.push(this.#namedClass() ?? this.#classInClass() ?? this.#classRange());
    }
    this.#at++;
    return isNegated ? not(union(parts)) : union(parts);
  }

  #namedClass(): CharClass | undefined {
    const match = /^\[:(\^?)(.*?):\]/s.exec(this.#rest());
    if (!match) return undefined;
    const name = match[2] ?? "";
    const found = Object.hasOwn(POSIX_CLASSES, name) ? POSIX_CLASSES[name] : undefined;
    if (!found) throw new RegexpSyntaxError(`invalid character class ${match[0]}`);
    this.#at += [...match[0]].length;
    return match[1] ? not(found) : found;
  }

  #classInClass(): CharClass | undefined {
    if (this.#peek() !== "\\") return undefined;
    this.#at++;
    const found = this.#escapedClass(this.#peek());
    if (!found) this.#at--;
    return found;
  }

  #classRange(): CharClass {
    const low = this.#classChar();
    if (this.#peek() !== "-" || this.#peek(1) === "" || this.#peek(1) === "]") return range(low, low);
    this.#at++;
    const high = this.#classChar();
    if (high < low) throw new RegexpSyntaxError("invalid character class range");
    return range(low, high);
  }

  #classChar(): number {
    const char = this.#take("\\") ? this.#escapedChar() : this.#next();
    return char.codePointAt(0) ?? 0;
  }

  #peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? "";
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const char = this.#chars[this.#at];
    if (char === undefined) throw new RegexpSyntaxError("ends too early");
    this.#at++;
    return char;
  }

  #rest(): string {
    return this.#chars.slice(this.#at).join("");
  }
}

const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function literal(char: string): Regexp {
  return { kind: "class", includes: oneRune(char.codePointAt(0) ?? 0) };
}
