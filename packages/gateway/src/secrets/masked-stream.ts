import type { BytePattern } from "./byte-pattern.ts";
import { HeldBytes } from "./held-bytes.ts";

/** What stands for a secret. */
const MASK = Buffer.from("***");

/** Bytes of the stream that belong to secrets, counted from its beginning. */
interface Span {
  start: number;
  readonly end: number;
}

/**
 * A stream of bytes with every secret in it masked, however it is cut into pieces: an end that may turn out to be the
 * beginning of a secret is held back until it is clear what it is. No byte costs more than any other, as whoever builds
 * chooses both the secrets and the text.
 */
export class MaskedStream {
  readonly #patterns: readonly BytePattern[];
  /** How much of each pattern the stream ends with. */
  #matched: number[] = [];
  /** What is held back, and where in the stream it begins. */
  readonly #held: HeldBytes = new HeldBytes();
  #start = 0;
  /** In their order and apart from each other; those before the index were told. */
  #spans: Span[] = [];
  #spanAt = 0;
  /** What was told last ended with a mask, which stands for what follows it, too. */
  #isInMask = false;

  /** @param patterns may grow at its end */
  constructor(patterns: readonly BytePattern[]) {
    this.#patterns = patterns;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  get #end(): number {
    return this.#start + this.#held.length;
  }

  /** What can be told once `chunk` is there. */
  push(chunk: Uint8Array): Buffer {
    const found: Span[] = [];
    const before = this.#end;
    this.#matched = this.#patterns.map((pattern, index) =>
      pattern.read(chunk, this.#matched[index] ?? 0, (behind) => {
        const end = before + behind;
        found.push({ start: end - pattern.length, end });
      }),
    );
    for (const span of found.sort((a, b) => a.end - b.end)) this.#addSpan(span);
    this.#held.push(chunk);
    const open = this.#matched.reduce((most, matched) => Math.max(most, matched), 0);
    return this.#tell(this.#end - open);
  }

  /** Everything that is held back: nothing follows it. */
  rest(): Buffer {
    this.#matched = [];
    return this.#tell(this.#end);
  }

  #addSpan(span: Span): void {
    for (let last = this.#lastSpan; last && last.end >= span.start; last = this.#lastSpan) {
      span.start = Math.min(span.start, last.start);
      this.#spans.pop();
    }
    this.#spans.push(span);
  }

  get #lastSpan(): Span | undefined {
    return this.#spans.length > this.#spanAt ? this.#spans.at(-1) : undefined;
  }

  /** Gives what is held up to `end`, with its spans masked. */
  #tell(end: number): Buffer {
    const told: Buffer[] = [];
    while (this.#start < end) {
      const span = this.#spans[this.#spanAt];
      if (span && span.end <= this.#start) this.#spanAt++;
      else if (span && span.start <= this.#start) {
        this.#take(Math.min(span.end, end));
        if (!this.#isInMask) told.push(MASK);
        this.#isInMask = true;
      } else {
        told.push(this.#take(Math.min(span?.start ?? end, end)));
        this.#isInMask = false;
      }
    }
    if (this.#spanAt > this.#spans.length / 2) {
      this.#spans = this.#spans.slice(this.#spanAt);
      this.#spanAt = 0;
    }
    return Buffer.concat(told);
  }

  #take(end: number): Buffer {
    const taken = this.#held.take(end - this.#start);
    this.#start = end;
    return taken;
  }
}
