import type { StatusResponse } from "../gen/moby/buildkit/v1/control.ts";
import { failedSteps } from "./failed-steps.ts";
import { type FrameLine, type FrameSize, type FrameView, finalFrame, liveFrame } from "./frame.ts";
import { LogTail } from "./log-tail.ts";
import { Pace } from "./pace.ts";
import type { Renderer, RendererContext } from "./renderer.ts";
import { BuildStatus } from "./status.ts";
import type { Step } from "./step.ts";
import { createTheme } from "./theme.ts";

/** Eight pictures a second at most. */
const intervalMs = 125;

/** Cursor hidden, and lines cut at the margin instead of wrapped, since no table of widths fits every terminal. */
const beginDrawing = "\x1b[?25l\x1b[?7l";
/** What is left of an earlier frame goes; wrapping and the cursor come back. */
const endDrawing = "\x1b[J\x1b[?7h\x1b[?25h";

/**
 * A display that draws over itself, as `docker buildx build` does on a terminal.
 *
 * Every frame is one write that also gives the terminal back as it was, so that whatever ends the process, be it
 * SIGKILL, nothing is left to repair.
 */
export function createRenderer(context: RendererContext): Renderer {
  return new TtyRenderer(context);
}

class TtyRenderer implements Renderer {
  readonly #context: RendererContext;
  readonly #status = new BuildStatus();
  readonly #view: Omit<FrameView, "nowMs">;
  readonly #logs = new Map<Step, LogTail>();
  readonly #pace: Pace;
  readonly #resizes: Disposable;
  #drawn: readonly FrameLine[] = [];

  constructor(context: RendererContext) {
    this.#context = context;
    this.#view = {
      status: this.#status,
      theme: createTheme(context),
      phase: context.phase ?? "Building",
      description: context.description ?? "",
      logLines: Math.min(Math.max(1, context.logLines ?? 6), 100),
      logOf: (step) => this.#logs.get(step),
    };
    this.#pace = new Pace(context.clock, intervalMs, () => this.#draw());
    this.#resizes = context.output.onResize(() => this.#pace.request());
  }

  update(response: StatusResponse): void {
    for (const step of this.#status.apply(response, this.#nowMs())) this.#keepLog(step);
    this.#pace.request();
  }

  finish(isFailed: boolean): void {
    this.#resizes[Symbol.dispose]();
    const { output, noColor = false } = this.#context;
    const { steps } = this.#status;
    const linesOf = (step: Step): string[] => this.#logs.get(step)?.lines(step, !noColor) ?? [];
    if (steps.length > 0) this.#write(finalFrame(this.#now(), this.#size().columns, isFailed));
    output.write(failedSteps(steps, linesOf));
    this.#pace.stop();
  }

  /** Only running and failed steps have use for their log. */
  #keepLog(step: Step): void {
    const chunks = step.isKnown ? step.takeLogs() : [];
    if (chunks.length > 0) {
      const tail = this.#logs.get(step) ?? new LogTail();
      this.#logs.set(step, tail);
      for (const chunk of chunks) tail.add(chunk);
    }
    if (step.isCompleted && !step.isFailed) this.#logs.delete(step);
  }

  #draw(): void {
    const { isBlocked } = this.#context.output;
    if (!isBlocked && this.#status.steps.length > 0) this.#write(liveFrame(this.#now(), this.#size()));
    if (isBlocked || this.#status.steps.some((step) => !step.isCompleted)) this.#pace.request();
  }

  /** Puts `lines` where the last frame was. */
  #write(lines: readonly FrameLine[]): void {
    const up = heightOf(this.#drawn, this.#size().columns);
    const start = up > 0 ? `\r\x1b[${up}A` : "\r";
    const text = lines.map((line) => `${line.text}\x1b[K\n`).join("");
    this.#context.output.write(beginDrawing + start + text + endDrawing);
    this.#drawn = lines;
  }

  #now(): FrameView {
    return { ...this.#view, nowMs: this.#nowMs() };
  }

  #nowMs(): number {
    return this.#context.clock.now().getTime();
  }

  #size(): FrameSize {
    const { columns, rows } = this.#context.output.size;
    return { columns: columns || this.#context.columns || 80, rows: rows || this.#context.rows || 24 };
  }
}

/** The rows that earlier lines take now: a terminal made narrower has wrapped what no longer fitted. */
function heightOf(lines: readonly FrameLine[], columns: number): number {
  return lines.reduce((rows, { width }) => rows + Math.max(1, Math.ceil(width / columns)), 0);
}
