import { EventEmitter } from "node:events";
import type { ProgressStream } from "../output.ts";

/** A stream that keeps what is written to it; by default a file, with a size a terminal. */
export class MemoryStream extends EventEmitter implements ProgressStream {
  readonly writes: string[] = [];
  readonly isTTY: boolean;
  columns: number | undefined;
  rows: number | undefined;
  writableNeedDrain = false;

  constructor(size?: { readonly columns: number; readonly rows: number }) {
    super();
    this.isTTY = size !== undefined;
    this.columns = size?.columns;
    this.rows = size?.rows;
  }

  get text(): string {
    return this.writes.join("");
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.writes.push(text);
    queueMicrotask(() => done?.());
    return true;
  }
}
