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

/** Go's limit on the depth of JSON. */
const maximumDepth = 10_000;

/** Reads a JSON text whole. @throws {PathError} with Go's words for the first fault. */
export function parseJsonText(text: string): JsonTree {
  const reader = new JsonReader(text);
  const tree = reader.value(0);
  reader.skipSpace();
  if (!reader.atEnd) throw new PathError("extraneous data after JSON object");
  return tree;
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const spacePattern = /[ \t\r\n]*/y;

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipSpace(): void {
    this.#take(spacePattern);
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
    while (this.#continues("]", "after array element"));
    return elements;
  }

  #members(depth: number): (readonly [string, JsonTree])[] {
    const members: (readonly [string, JsonTree])[] = [];
    if (this.#opensEmpty("}")) return members;
    do {
      this.skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      this.skipSpace();
      if (this.#text[this.#at] !== ":") throw this.#unexpected("after object key");
      this.#at++;
      members.push([key, this.value(depth + 1)]);
    } while (this.#continues("}", "after object key:value pair"));
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
    if (this.#text[this.#at] === "\\") {
      const escaped = this.#take(escapePattern);
      if (escaped === undefined) {
        this.#at++;
        throw this.#unexpected("in string escape code");
      }
      this.#at -= escaped.length;
      return escaped.length;
    }
    if (this.atEnd || this.#text.charCodeAt(this.#at) < 0x20) throw this.#unexpected("in string literal");
    return 1;
  }

  #number(): string {
    const raw = this.#take(numberPattern);
    if (raw !== undefined) return raw;
    if (this.#text[this.#at] !== "-") throw this.#unexpected("looking for beginning of value");
    this.#at++;
    throw this.#unexpected("in numeric literal");
  }

  #literal(word: string, tree: JsonTree): JsonTree {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#unexpected(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
    return tree;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #unexpected(place: string): PathError {
    if (this.atEnd) return new PathError(this.#text.trim() === "" ? "EOF" : "unexpected EOF");
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    return new PathError(`invalid character ${quoteCharacter(character)} ${place}`);
  }
}
