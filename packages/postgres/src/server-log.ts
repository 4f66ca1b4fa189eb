import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

const keptLines = 20;
const maxLineLength = 4096;

/** Where and how much a {@link ServerLog} keeps. */
export interface ServerLogOptions {
  readonly path: string;
  /** Default: 1 MiB. One older file, `<path>.1`, of the same size is kept beside it. */
  readonly maxBytes?: number;
  /** Called with each whole line. */
  readonly onLine: (line: string) => void;
}

/**
 * The server's log: a file of bounded size, and the last lines in memory for messages.
 * Losing lines, for example on a full disk, is never a reason to fail.
 */
export class ServerLog implements Disposable {
  readonly #options: ServerLogOptions;
  readonly #maxBytes: number;
  readonly #tail: string[] = [];
  #file: number | undefined;
  #size = 0;
  #partial = "";

  constructor(options: ServerLogOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 1024 * 1024;
    this.#open();
  }

  /** Takes what the server wrote to its standard error, in pieces of any size. */
  write(piece: string): void {
    const lines = (this.#partial + piece).split("\n");
    this.#partial = (lines.pop() ?? "").slice(-maxLineLength);
    for (const line of lines) this.#keep(line.slice(0, maxLineLength));
  }

  /** The last lines, oldest first. */
  lastLines(): readonly string[] {
    return [...this.#tail];
  }

  [Symbol.dispose](): void {
    if (this.#partial !== "") this.write("\n");
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #keep(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > keptLines) this.#tail.shift();
    this.#append(`${line}\n`);
    this.#options.onLine(line);
  }

  #append(text: string): void {
    try {
      if (this.#size + text.length > this.#maxBytes) this.#rotate();
      if (this.#file !== undefined) this.#size += writeSync(this.#file, text);
    } catch {
      // a full disk: the server itself will say so where it matters
    }
  }

  #rotate(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    renameSync(this.#options.path, `${this.#options.path}.1`);
    this.#open();
  }

  #open(): void {
    try {
      this.#file = openSync(this.#options.path, "a", 0o600);
    } catch {
      this.#file = this.#replace();
    }
    this.#size = this.#file === undefined ? 0 : fstatSync(this.#file).size;
  }

  /** The file may belong to root from an earlier start, while the folder is ours. */
  #replace(): number | undefined {
    try {
      rmSync(this.#options.path, { force: true });
      return openSync(this.#options.path, "a", 0o600);
    } catch {
      return undefined;
    }
  }
}
