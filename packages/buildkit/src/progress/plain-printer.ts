import { PlainStep, type PlainTextOptions } from "./plain-step.ts";
import type { Step } from "./step.ts";

/** A step keeps the output at least about this long while others have as much to say. */
const antiFlickerMs = 5000;

/** A step that has waited this long gets the output. */
const maxWaitMs = 10_000;

/**
 * Decides which step prints next, as BuildKit's plain display does: completed steps at once, one after the other;
 * among running ones the current stays until the others' share of the news weighs more than the flicker of a change.
 *
 * A step that is left says `#5 ...`; one that is taken up repeats its name after an empty line. Steps are numbered
 * when they are first printed.
 */
export class PlainPrinter {
  readonly #options: PlainTextOptions;
  readonly #steps = new Map<Step, PlainStep>();
  readonly #updated = new Set<PlainStep>();
  /** Completed steps whose end is not printed yet since part of them goes on. */
  readonly #unended = new Set<PlainStep>();
  #current: PlainStep | undefined;
  #lastNumber = 0;

  constructor(options: PlainTextOptions) {
    this.#options = options;
  }

  /** There is news that {@link print} has not printed yet; it may be due at a later time. */
  get isBehind(): boolean {
    return this.#updated.size > 0;
  }

  /** Notes that there is news of a step. */
  note(step: Step, nowMs: number): void {
    const plain = this.#steps.get(step) ?? new PlainStep(step, this.#options);
    this.#steps.set(step, plain);
    if (plain.updates === 0) plain.waitingSinceMs = nowMs;
    plain.updates++;
    this.#updated.add(plain);
  }

  /** The text that is due now. */
  print(nowMs: number): string {
    const before = this.#current;
    const [completed, running] = this.#due();
    let text = this.#printCompleted(completed, before);
    if (running.length === 0) return text + this.#takeUpAny(before);
    if (before && running.includes(before)) text += this.#print(before);
    const next = before && !completed.includes(before) ? rival(running, before, nowMs) : busiest(running, nowMs);
    return next ? text + this.#print(next) : text;
  }

  /** Everything that is left to say. Nothing can be noted afterwards. */
  finish(): string {
    const [completed, running] = this.#due();
    let text = this.#printCompleted(completed, this.#current);
    for (const step of running) text += this.#print(step);
    for (const step of this.#unended) text += this.#turnTo(step) + this.#end(step);
    return text + (this.#current?.interrupt() ?? "");
  }

  /** The last log lines of a step. */
  lastLines(step: Step): readonly string[] {
    return this.#steps.get(step)?.lastLines() ?? [];
  }

  #due(): readonly [completed: PlainStep[], running: PlainStep[]] {
    const due = [...this.#updated].filter(({ step }) => step.isShown);
    const completed = due.filter(({ step }) => step.isCompleted);
    completed.sort((a, b) => (a.step.endMs ?? 0) - (b.step.endMs ?? 0));
    return [completed, due.filter(({ step }) => !step.isCompleted)];
  }

  #printCompleted(completed: readonly PlainStep[], first: PlainStep | undefined): string {
    let text = first && completed.includes(first) ? this.#print(first) : "";
    for (const step of completed) if (step !== first) text += this.#print(step);
    return text;
  }

  /** With nobody else to print, some running step stands last, so that a reader sees what is waited for. */
  #takeUpAny(before: PlainStep | undefined): string {
    if (before && !before.step.isCompleted) return "";
    const running = this.#steps.values().find(({ step }) => step.isShown && !step.isCompleted);
    return running && running !== this.#current ? this.#print(running) : "";
  }

  #print(step: PlainStep): string {
    const text = this.#turnTo(step) + step.news();
    this.#updated.delete(step);
    if (!step.step.isCompleted) return text;
    this.#unended.add(step);
    return step.hasOpenStatus ? text : text + this.#end(step);
  }

  #turnTo(step: PlainStep): string {
    const left = this.#current;
    if (left === step) return "";
    this.#current = step;
    if (left) left.updates = 0;
    const leaving = left ? `${left.interrupt()}#${left.number} ...\n` : "";
    const gap = this.#lastNumber > 0 ? "\n" : "";
    if (step.number === 0) step.number = ++this.#lastNumber;
    return leaving + gap + step.header();
  }

  #end(step: PlainStep): string {
    this.#unended.delete(step);
    this.#current = undefined;
    step.updates = 0;
    return step.interrupt() + step.end();
  }
}

/** The running step that should take the output from `current`, if any. */
function rival(running: readonly PlainStep[], current: PlainStep, nowMs: number): PlainStep | undefined {
  const others = running.filter((step) => step !== current);
  const overdue = others.find((step) => nowMs - step.waitingSinceMs > maxWaitMs);
  if (overdue) return overdue;
  const speed = speedOf(current, nowMs);
  const sum = others.reduce((total, step) => total + speedOf(step, nowMs), speed);
  const keepMs = antiFlickerMs / (1 - speed / sum);
  return nowMs - current.waitingSinceMs > keepMs ? busiest(others, nowMs) : undefined;
}

function busiest(steps: readonly PlainStep[], nowMs: number): PlainStep | undefined {
  let best: PlainStep | undefined;
  for (const step of steps) if (!best || speedOf(step, nowMs) > speedOf(best, nowMs)) best = step;
  return best;
}

/** News per millisecond since the step was last left. */
function speedOf(step: PlainStep, nowMs: number): number {
  return step.updates / Math.max(1, nowMs - step.waitingSinceMs);
}
