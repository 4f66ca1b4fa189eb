import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import path from "node:path";

const KEPT_LINES = 20;
const MAX_LINE_CHARS = 2_000;
const MAX_PENDING_BYTES = 1024 * 1024;

/** Limits of an engine's log. */
export interface EngineLogOptions {
  /** Size at which the file becomes `<file>.1` and a new one begins. Default: 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** What must not be in it: each is replaced wherever it stands. Output is taken by whole lines then. Default: none. */
  readonly secrets?: readonly string[] | undefined;
}

/**
 * An engine's output: a file of bounded size with one predecessor, and its last lines in memory.
 *
 * It never fails and never slows the engine down: what the disk does not take in time is dropped,
 * since a full disk is one of the things that the last lines must be able to tell.
 */
export class EngineLog {
  readonly file: string;
  readonly #maxBytes: number;
  readonly #secrets: readonly string[];
  /** The beginning of a line that may end within a secret. */
  #held = "";
  readonly #lines: string[] = [];
  #partial = "";
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #fileBytes: number | undefined;

  constructor(file: string, options: EngineLogOptions = {}) {
    this.file = file;
    this.#maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.#secrets = options.secrets ?? [];
  }

  /** Takes a piece of output. */
  add(raw: Buffer): void {
    const chunk = this.#secrets.length === 0 ? raw : this.#wholeLines(raw);
    this.#remember(chunk.toString("utf8"));
    if (this.#pendingBytes + chunk.length > MAX_PENDING_BYTES) return;
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#writing ??= this.#drain();
  }

  /** The last lines that are worth a person's time, oldest first. */
  lastLines(): readonly string[] {
    const last = this.#partial + this.#redacted(this.#held);
    return last ? [...this.#lines, last] : [...this.#lines];
  }

  /** Resolves when what was taken so far is in the file, or was given up. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  #wholeLines(raw: Buffer): Buffer {
    const text = this.#held + raw.toString("utf8");
    const end = text.length > MAX_PENDING_BYTES ? text.length : text.lastIndexOf("\n") + 1;
    this.#held = text.slice(end);
    return Buffer.from(this.#redacted(text.slice(0, end)));
  }

  #redacted(text: string): string {
    return this.#secrets.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
  }

  #remember(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = (lines.pop() ?? "").slice(-MAX_LINE_CHARS);
    for (const line of lines) if (isWorthKeeping(line)) this.#lines.push(line.trim().slice(0, MAX_LINE_CHARS));
    this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT_LINES));
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const block = Buffer.concat(this.#pending);
        this.#pending = [];
        this.#pendingBytes = 0;
        await this.#write(block);
      }
    } catch {
      // A log that cannot be written must not take the engine with it; the last lines are still in memory.
      this.#fileBytes = undefined;
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(block: Buffer): Promise<void> {
    if (this.#fileBytes === undefined) {
      await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
      this.#fileBytes = await stat(this.file).then(
        (found) => found.size,
        () => 0,
      );
    }
    if (this.#fileBytes > 0 && this.#fileBytes + block.length > this.#maxBytes) {
      await rename(this.file, `${this.file}.1`);
      this.#fileBytes = 0;
    }
    await appendFile(this.file, block, { mode: 0o600 });
    this.#fileBytes += block.length;
  }
}

/** Go's stack traces push out of sight what went wrong: names of functions (without blanks) and places in files. */
function isWorthKeeping(line: string): boolean {
  return /\s/.test(line.trim()) && !/^\s*\/\S+\.go:\d+/.test(line);
}
