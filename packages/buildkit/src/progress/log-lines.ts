import { formatOffset } from "./format.ts";
import type { LogChunk, Step } from "./step.ts";

/** A line longer than this that is still unfinished is ended, so that it need not be held. */
const maxUnfinishedChars = 64 * 1024;

/** Cuts a step's log into lines, each with the time of its first piece before it: `0.091 text`. */
export class LogLines {
  readonly #step: Step;
  readonly #decoder = new TextDecoder();
  #unfinished: string | undefined;

  constructor(step: Step) {
    this.#step = step;
  }

  /** The line that has no end yet. */
  get unfinished(): string | undefined {
    return this.#unfinished;
  }

  /** The lines that `chunk` ends. */
  *take(chunk: LogChunk): Generator<string, void, undefined> {
    const pieces = this.#decoder.decode(chunk.bytes, { stream: true }).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) yield this.#end(chunk.atMs, piece);
    if (last === "") return;
    this.#unfinished = (this.#unfinished ?? this.#offset(chunk.atMs)) + last;
    if (this.#unfinished.length > maxUnfinishedChars) yield this.#end(chunk.atMs, "");
  }

  #end(atMs: number, piece: string): string {
    const line = (this.#unfinished ?? this.#offset(atMs)) + piece;
    this.#unfinished = undefined;
    return line;
  }

  #offset(atMs: number): string {
    return `${formatOffset(atMs - this.#step.startBefore(atMs))} `;
  }
}
