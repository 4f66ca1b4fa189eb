import { PathError } from "./path-error.ts";
import { quoteCharacter } from "./quote.ts";

/** A JSON value as it is written: numbers as their text, members in order with repetitions. */
export type JsonTree =
  | { readonly kind: "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "array"; readonly elements: readonly JsonTree[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [key: string, value: JsonTree])[] };

/** Deeper values are refused, as they would overflow the stack; Go's own limit is 10,000. */
const maximumDepth = 1000;

/**
 * Reads the JSON value that a text begins with, as Go's `json.Decoder` does.
 * @throws {PathError} with Go's words for the first fault.
 */
export function parseJsonValue(text: string): JsonTree {
  return new JsonReader(text).value(0);
}

/** Reads a JSON text with nothing behind it, except what go-cty does not see: closing brackets and what is behind them. */
export function parseJsonText(text: string): JsonTree {
  const reader = new JsonReader(text);
  const tree = reader.value(0);
  if (reader.hasMore()) throw new PathError("extraneous data after JSON object");
  return tree;
}

const digitsPattern = /\d+/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Go's `Decoder.More`. */
  hasMore(): boolean {
    this.skipSpace();
    return !this.atEnd && !/^[\]}]$/.test(this.#text[this.#at] ?? "");
  }

  skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  value(depth: number): JsonTree {
    this.skipSpace();
    if (depth > maximumDepth) throw new PathError("exceeded max depth");
    switch (this.#text[this.#at]) {
      case "{":
        return { kind: "object", members: this.#members(depth) };
      case "[":
        return { kind: "array", elements: this.#elements(depth) };
      case '"':
        return { kind: "string", text: this.#string() };
      case "t":
        return this.#literal("true", { kind: "bool", value: true });
      case "f":
        return this.#literal("false", { kind: "bool", value: false });
      case "n":
        return this.#literal("null", { kind: "null" });
      default:
        return { kind: "number", text: this.#number() };
    }
  }

  #elements(depth: number): readonly JsonTree[] {
    const elements: JsonTree[] = [];
    if (this.#opensEmpty("]")) return elements;
    do elements.push(this.value(depth + 1));
    while (this.#continues("]", " after array element"));
    return elements;
  }

  #members(depth: number): (readonly [string, JsonTree])[] {
    const members: (readonly [string, JsonTree])[] = [];
    if (this.#opensEmpty("}")) return members;
    do {
      this.skipSpace();
      if (this.#text[this.#at] !== '"') {
        throw this.#unexpected(members.length === 0 ? "" : " looking for beginning of object key string");
      }
      const key = this.#string();
      this.skipSpace();
      if (this.#text[this.#at] !== ":") throw this.#unexpected(" after object key");
      this.#at++;
      members.push([key, this.value(depth + 1)]);
    } while (this.#continues("}", " after object key:value pair"));
    return members;
  }

  #opensEmpty(close: string): boolean {
    this.#at++;
    this.skipSpace();
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    return true;
  }

  #continues(close: string, place: string): boolean {
    this.skipSpace();
    const next = this.#text[this.#at];
    if (next !== "," && next !== close) throw this.#unexpected(place);
    this.#at++;
    return next === ",";
  }

  #string(): string {
    const start = this.#at++;
    while (this.#text[this.#at] !== '"') this.#at += this.#characterLength();
    this.#at++;
    return String(JSON.parse(this.#text.slice(start, this.#at))).toWellFormed();
  }

  #characterLength(): number {
    if (this.#text[this.#at] !== "\\") {
      if (this.atEnd || this.#text.charCodeAt(this.#at) < 0x20) throw this.#broken("in string literal");
      return 1;
    }
    escapePattern.lastIndex = this.#at;
    const match = escapePattern.exec(this.#text);
    if (match !== null) return match[0].length;
    this.#at++;
    if (this.#text[this.#at] !== "u") throw this.#broken("in string escape code");
    do this.#at++;
    while (/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? ""));
    throw this.#broken("in \\u hexadecimal character escape");
  }

  #number(): string {
    const start = this.#at;
    if (this.#text[this.#at] === "-") this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else if (!this.#digits()) {
      throw start === this.#at
        ? this.#unexpected(" looking for beginning of value")
        : this.#broken("in numeric literal");
    }
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!this.#digits()) throw this.#broken("after decimal point in numeric literal");
    }
    if (/^[eE]$/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/^[+-]$/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (!this.#digits()) throw this.#broken("in exponent of numeric literal");
    }
    return this.#text.slice(start, this.#at);
  }

  #digits(): boolean {
    digitsPattern.lastIndex = this.#at;
    if (!digitsPattern.test(this.#text)) return false;
    this.#at = digitsPattern.lastIndex;
    return true;
  }

  #literal(word: string, tree: JsonTree): JsonTree {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#broken(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
    return tree;
  }

  /** The fault that something else than a token of the right kind follows. */
  #unexpected(place: string): PathError {
    if (this.atEnd) return new PathError("EOF");
    return new PathError(`invalid character ${this.#character()}${place}`);
  }

  /** The fault that a token does not go on as it must. */
  #broken(place: string): PathError {
    if (this.atEnd) return new PathError("unexpected EOF");
    return new PathError(`invalid character ${this.#character()} ${place}`);
  }

  // Go looks at bytes: of a longer character it shows the first one.
  #character(): string {
    const [byte = 0] = Buffer.from(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0));
    return quoteCharacter(String.fromCharCode(byte));
  }
}
