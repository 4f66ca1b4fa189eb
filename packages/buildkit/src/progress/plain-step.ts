import type { VertexStatus } from "../gen/moby/buildkit/v1/control.ts";
import { cleanLine, cleanText, unfinishedLength } from "./control-chars.ts";
import { formatAmount, formatDuration } from "./format.ts";
import { totalMs } from "./interval.ts";
import { LogLines } from "./log-lines.ts";
import type { Step } from "./step.ts";
import { toMs } from "./timestamp.ts";

/** Log lines of a failed step that are repeated at the end. */
const tailLines = 10;

/** A status that is still going on is printed again when it is this much further, or this much older. */
const minStatusShare = 0.05;
const minStatusMs = 5000;

/** How {@link PlainStep} writes. */
export interface PlainTextOptions {
  /** Take out of logs what could move a terminal's cursor; colours stay. Off where the reader is no terminal. */
  readonly isTerminal: boolean;
  /** Names longer than this are cut. Default: never. */
  readonly maxNameChars?: number | undefined;
}

/** One step as plain text: what of it is printed already, and what is next. */
export class PlainStep {
  readonly step: Step;
  /** Given when it is first printed; 0 before. */
  number = 0;
  /** Updates since it was last left, and since when: how much it has to say compared to others. */
  updates = 0;
  waitingSinceMs = 0;
  /** The latest news told of work that goes on though the vertex may be completed, as the import of a cache does. */
  hasOpenStatus = false;
  readonly #options: PlainTextOptions;
  readonly #lines: LogLines;
  readonly #tail: string[] = [];
  readonly #printedStatuses = new Map<
    string,
    { readonly current: bigint; readonly atMs: number; readonly isDone: boolean }
  >();
  #printedWarnings = 0;
  /** How much of the unfinished line stands at the end of the output. */
  #printedChars = 0;

  constructor(step: Step, options: PlainTextOptions) {
    this.step = step;
    this.#options = options;
    this.#lines = new LogLines(step);
  }

  /** `#5 [2/3] RUN make` */
  header(): string {
    const name = cleanLine(this.step.name);
    const max = this.#options.maxNameChars ?? name.length;
    return this.#line(name.length > max ? `${name.slice(0, max)}...` : name);
  }

  /** What is new: statuses, warnings, log. The last line may be unfinished. */
  news(): string {
    this.hasOpenStatus = false;
    const statuses = [...this.step.statuses.values()].map((status) => this.#status(status)).join("");
    const warnings = this.step.warnings.slice(this.#printedWarnings);
    this.#printedWarnings += warnings.length;
    const text = statuses + warnings.map(({ short }) => this.#line(`WARN: ${cleanLine(decode(short))}`)).join("");
    return (text === "" ? "" : this.interrupt()) + text + this.#log();
  }

  /** Ends a line that stands unfinished at the end of the output; it is printed in full when the step goes on. */
  interrupt(): string {
    const isOpen = this.#printedChars > 0;
    this.#printedChars = 0;
    return isOpen ? "\n" : "";
  }

  /** `#5 DONE 0.1s` and its kin. */
  end(): string {
    const { step } = this;
    if (step.isCanceled) return this.#line("CANCELED");
    if (step.error !== "") return this.#line(`ERROR: ${cleanText(step.error)}`);
    if (step.isCached) return this.#line("CACHED");
    return this.#line(`DONE ${formatDuration(totalMs(step.intervals, step.endMs ?? 0))}`);
  }

  #line(text: string): string {
    return `#${this.number} ${text}\n`;
  }

  #status(status: VertexStatus): string {
    const { id, current, total, timestamp, started, completed } = status;
    const atMs = timestamp ? toMs(timestamp) : 0;
    const printed = this.#printedStatuses.get(id);
    if (printed && (printed.isDone || (!completed && !isWorthRepeating(status, atMs, printed)))) return "";
    this.#printedStatuses.set(id, { current, atMs, isDone: completed !== undefined });
    if (!completed) this.hasOpenStatus = true;
    const amount = formatAmount(current, total);
    const tookMs = (completed ? toMs(completed) : atMs) - (started ? toMs(started) : atMs);
    const parts = [cleanLine(id), amount, tookMs > 10 ? formatDuration(tookMs) : "", completed ? "done" : ""];
    return this.#line(parts.filter((part) => part !== "").join(" "));
  }

  #log(): string {
    let text = "";
    for (const chunk of this.step.takeLogs()) for (const line of this.#lines.take(chunk)) text += this.#wholeLine(line);
    return text + this.#openLine();
  }

  #wholeLine(line: string): string {
    this.#tail.push(line);
    if (this.#tail.length > tailLines) this.#tail.shift();
    const text = this.#rest(line, line.length);
    this.#printedChars = 0;
    return `${text}\n`;
  }

  #openLine(): string {
    const line = this.#lines.unfinished;
    if (line === undefined) return "";
    const end = this.#options.isTerminal ? line.length - unfinishedLength(line) : line.length;
    if (end <= this.#printedChars) return "";
    const text = this.#rest(line, end);
    this.#printedChars = end;
    return text;
  }

  #rest(line: string, end: number): string {
    const text = line.slice(this.#printedChars, end);
    const clean = this.#options.isTerminal ? cleanText(text, { keepColors: true, keepReturns: true }) : text;
    return this.#printedChars === 0 ? `#${this.number} ${clean}` : clean;
  }

  /** The last lines and the one that was never ended. */
  lastLines(): readonly string[] {
    const { unfinished } = this.#lines;
    return unfinished === undefined ? this.#tail : [...this.#tail, unfinished].slice(-tailLines);
  }
}

function isWorthRepeating(
  status: VertexStatus,
  atMs: number,
  printed: { readonly current: bigint; readonly atMs: number },
): boolean {
  const share = status.total > 0n ? Number(status.current - printed.current) / Number(status.total) : 0;
  return share >= minStatusShare || atMs - printed.atMs >= minStatusMs;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
