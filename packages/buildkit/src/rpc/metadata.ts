/**
 * gRPC metadata with repeated values kept apart. Node's header objects join them with `, `, which breaks
 * the patterns that BuildKit sends as repeated headers; so this is read from the raw list.
 */
export class Metadata {
  readonly #values = new Map<string, string[]>();

  constructor(entries: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of entries) this.add(name, value);
  }

  /** Reads Node's `rawHeaders` list: names and values in turn. Pseudo headers are left out. */
  static fromRawHeaders(raw: readonly string[]): Metadata {
    const metadata = new Metadata();
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const [name, value] = [raw[at] ?? "", raw[at + 1] ?? ""];
      if (!name.startsWith(":")) metadata.add(name, value);
    }
    return metadata;
  }

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const values = this.#values.get(key);
    if (values) values.push(value);
    else this.#values.set(key, [value]);
  }

  /** The first value, or undefined. */
  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())?.[0];
  }

  /** All values, in order of arrival. */
  getAll(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  /** All names and values, repeated ones apart. */
  *entries(): Generator<[name: string, value: string], void, undefined> {
    for (const [name, values] of this.#values) for (const value of values) yield [name, value];
  }

  /** For `http2`: one value as a string, several as an array. */
  toHeaders(): Record<string, string | string[]> {
    return Object.fromEntries(
      [...this.#values].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]),
    );
  }
}
