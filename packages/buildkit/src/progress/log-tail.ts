import { cleanLine, cleanText } from "./control-chars.ts";
import { LogLines } from "./log-lines.ts";
import type { LogChunk, Step } from "./step.ts";
import { wrapWidth } from "./text-width.ts";

/** What is kept of one step's log; when it fails this much of it is printed. */
const maxBytes = 512 * 1024;
const maxChunks = 8192;

/** What is looked at to find the last rows, however long the lines are. */
const maxScannedBytes = 16 * 1024;

/** The end of a running step's log, whatever its length: adding costs a copy, all else waits until it is shown. */
export class LogTail {
  /** How often it was shown; a log once on the screen is not lightly taken off again. */
  timesShown = 0;
  /** Bytes that were added, also those no longer kept. */
  totalBytes = 0;

  #chunks: LogChunk[] = [];
  /** Chunks before this index are dropped already. */
  #first = 0;
  #keptBytes = 0;

  add({ atMs, bytes }: LogChunk): void {
    // A copy, since the chunk may be a small part of a large buffer that it would keep alive.
    const kept = Uint8Array.from(bytes.subarray(Math.max(0, bytes.length - maxBytes))); // a Buffer's slice is no copy
    this.totalBytes += bytes.length;
    this.#keptBytes += kept.length;
    this.#chunks.push({ atMs, bytes: kept });
    while (this.#keptBytes > maxBytes || this.#chunks.length - this.#first > maxChunks) {
      this.#keptBytes -= this.#chunks[this.#first++]?.bytes.length ?? 0;
    }
    if (this.#first > this.#chunks.length / 2) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The last rows as they look on a terminal of that many columns; empty ones are left out. */
  lastRows(count: number, columns: number): string[] {
    const rows = this.#end(count)
      .split("\n")
      .flatMap((line) => wrapWidth(visible(line), columns));
    return rows.filter((row) => row.trim() !== "").slice(-count);
  }

  /** All that is kept as lines, each with its seconds since the step's start. */
  lines(step: Step, keepColors: boolean): string[] {
    const log = new LogLines(step);
    const isCut = this.totalBytes > this.#keptBytes;
    const lines = isCut ? [`... ${this.totalBytes - this.#keptBytes} bytes of earlier log left out`] : [];
    for (const chunk of this.#chunks.slice(this.#first)) lines.push(...log.take(chunk));
    if (log.unfinished !== undefined) lines.push(log.unfinished);
    return lines.map((line) => cleanText(line, { keepColors }));
  }

  /** At least the last `count` lines, or as much as is worth looking at. */
  #end(count: number): string {
    const parts: Uint8Array[] = [];
    let [left, lines] = [maxScannedBytes, 0];
    for (let index = this.#chunks.length - 1; index >= this.#first && left > 0 && lines <= count; index--) {
      const { bytes = new Uint8Array() } = this.#chunks[index] ?? {};
      const part = bytes.subarray(Math.max(0, bytes.length - left));
      parts.unshift(part);
      left -= part.length;
      for (const byte of part) if (byte === 0x0a) lines++;
    }
    return Buffer.concat(parts).toString();
  }
}

/** A line as it looks once it is written: what stands after the last carriage return has won. */
function visible(line: string): string {
  const written = line.split("\r").findLast((part) => part !== "") ?? "";
  return cleanLine(written.replaceAll("\t", "    "));
}
