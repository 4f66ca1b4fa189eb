import { cleanLine } from "./control-chars.ts";
import { formatDuration } from "./format.ts";
import type { LogTail } from "./log-tail.ts";
import { chooseRows, type Row, rowsOf } from "./rows.ts";
import type { BuildStatus } from "./status.ts";
import type { Step } from "./step.ts";
import { fitWidth, textWidth } from "./text-width.ts";
import type { Theme } from "./theme.ts";

/** What a frame shows. */
export interface FrameView {
  readonly status: BuildStatus;
  /** This machine's time. */
  readonly nowMs: number;
  readonly theme: Theme;
  readonly phase: string;
  readonly description: string;
  readonly logLines: number;
  readonly logOf: (step: Step) => LogTail | undefined;
}

/** How much room there is, in columns and rows. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** One line of a frame. */
export interface FrameLine {
  /** With its colours, without a newline. */
  readonly text: string;
  /** In columns. */
  readonly width: number;
}

/** Columns before and after a log line: ` => => # ` and a margin. */
const logMargin = 10;

/** A label shorter than this tells nothing; its amount, then its time, give way to it. */
const minLabelColumns = 12;

/** Rows that a step's log takes beyond its lines before it is worth showing. */
const logOverhead = 3;

/** The state of a running build: at most one line less than the terminal has rows, so that nothing scrolls. */
export function liveFrame(view: FrameView, size: FrameSize): FrameLine[] {
  const rows = view.status.steps.flatMap((step) => rowsOf(step, view.nowMs));
  const logs = chooseLogs(view, size, rows);
  const logHeight = logs.values().reduce((sum, lines) => sum + lines.length, 0);
  const lines = [headerLine(view, size.columns, "")];
  for (const row of chooseRows(rows, Math.max(0, size.rows - 2 - logHeight))) {
    lines.push(rowLine(row, view.theme, size.columns));
    for (const text of (row.step && logs.get(row.step)) ?? []) lines.push(logLine(text, view.theme, size.columns));
  }
  return lines;
}

/** The outcome of a build: every step, whatever the height of the terminal. */
export function finalFrame(view: FrameView, columns: number, isFailed: boolean): FrameLine[] {
  const { steps, completedSteps, totalSteps } = view.status;
  const isFinished = !isFailed && completedSteps > 0 && completedSteps === totalSteps;
  const rows = steps.flatMap((step) => rowsOf(step, view.nowMs));
  return [
    headerLine(view, columns, isFinished ? " FINISHED" : ""),
    ...rows.map((row) => rowLine(row, view.theme, columns)),
  ];
}

/** The steps whose log is shown, the most talkative first, as long as every running step keeps its own row. */
function chooseLogs(view: FrameView, size: FrameSize, rows: readonly Row[]): Map<Step, string[]> {
  const chosen = new Map<Step, string[]>();
  const running = rows.filter((row) => row.isRunning);
  let free = size.rows - 2 - running.length;
  const talkative = running.flatMap(({ step }) => {
    const log = step && view.logOf(step);
    return log ? [{ step, log, weight: log.totalBytes + log.timesShown * 50 }] : [];
  });
  for (const { step, log } of talkative.sort((a, b) => b.weight - a.weight)) {
    if (free <= view.logLines + logOverhead) break;
    free -= view.logLines + logOverhead;
    log.timesShown++;
    chosen.set(step, log.lastRows(view.logLines, size.columns - logMargin));
  }
  return chosen;
}

function headerLine({ status, nowMs, phase, description }: FrameView, columns: number, outcome: string): FrameLine {
  const elapsed = formatDuration(Math.max(0, nowMs - (status.startedMs ?? nowMs)));
  const left = `[+] ${phase} ${elapsed} (${status.completedSteps}/${status.totalSteps})${outcome}`;
  const right = cleanLine(description);
  const gap = columns - 1 - left.length - textWidth(right);
  const text = right !== "" && gap > 0 ? left + " ".repeat(gap) + right : fitWidth(left, columns - 1);
  return { text, width: textWidth(text) };
}

function rowLine(row: Row, theme: Theme, columns: number): FrameLine {
  const text = layOut(row, columns - 1);
  return { text: row.tone ? theme.paint(row.tone, text) : text, width: textWidth(text) };
}

/** ` => label amount      0.1s` in exactly `columns`, or as much of it as makes sense. */
function layOut({ label, amount, ms }: Row, columns: number): string {
  const prefix = " => ";
  const time = `  ${formatDuration(ms < 50 ? 0 : ms)}`;
  let room = columns - prefix.length - time.length;
  if (room < minLabelColumns) return fitWidth(prefix + label, columns);
  const shownAmount = amount !== "" && room - amount.length - 1 >= minLabelColumns ? ` ${amount}` : "";
  room -= shownAmount.length;
  const shown = fitWidth(label, room);
  const gap = " ".repeat(Math.max(0, room - textWidth(shown)));
  return prefix + shown + shownAmount + gap + time;
}

function logLine(row: string, theme: Theme, columns: number): FrameLine {
  const text = fitWidth(` => => # ${row}`, columns - 1);
  return { text: theme.faint(text), width: textWidth(text) };
}
