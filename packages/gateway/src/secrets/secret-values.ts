import { BytePattern } from "./byte-pattern.ts";

/** Shorter values would mask half of every log, and are no secrets. */
const MIN_VALUE_BYTES = 4;
/** Shorter lines of longer values are as often as not `{`, `[default]` or `EOF`. */
const MIN_LINE_BYTES = 8;

/** Each is looked for in every byte of every log. */
const MAX_PATTERNS = 256;
/** What all values of a build may have together. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Values that must not be stored. Held in memory only, as long as the build. */
export class SecretValues {
  readonly #patterns: BytePattern[] = [];
  readonly #known = new Set<string>();
  #bytes = 0;

  /** What is to be masked; grows at its end. */
  get patterns(): readonly BytePattern[] {
    return this.#patterns;
  }

  /**
   * Adds a value without the line end that files have, and each longer line of it, as programs print them singly.
   *
   * @returns false when there are too many values to look for all of them
   */
  add(value: Uint8Array): boolean {
    const text = Buffer.from(value).toString("latin1");
    const lines = text.split("\n").map((line) => line.trim());
    const wanted = lines.length > 1 ? lines.filter((line) => line.length >= MIN_LINE_BYTES) : [];
    const whole = text.replace(/[\r\n]+$/, "");
    if (whole.length >= MIN_VALUE_BYTES) wanted.unshift(whole);
    return wanted.map((one) => this.#add(one)).every((isAdded) => isAdded);
  }

  #add(text: string): boolean {
    if (this.#known.has(text)) return true;
    if (this.#patterns.length >= MAX_PATTERNS || this.#bytes + text.length > MAX_BYTES) return false;
    this.#known.add(text);
    this.#bytes += text.length;
    this.#patterns.push(new BytePattern(Buffer.from(text, "latin1")));
    return true;
  }
}
