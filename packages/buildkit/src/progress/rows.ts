import type { VertexStatus } from "../gen/moby/buildkit/v1/control.ts";
import { cleanLine } from "./control-chars.ts";
import { formatAmount } from "./format.ts";
import { totalMs } from "./interval.ts";
import type { Step } from "./step.ts";
import type { Tone } from "./theme.ts";
import { toMs } from "./timestamp.ts";

/** One line of the tty display, before it is cut to the terminal. */
export interface Row {
  readonly label: string;
  /** `1.98MB / 4.00MB`, or empty. */
  readonly amount: string;
  readonly ms: number;
  readonly isRunning: boolean;
  /** Undefined while it runs. */
  readonly tone: Tone | undefined;
  /** On a step's own row. */
  readonly step?: Step;
}

/** A step's row, then those of its statuses and warnings. `nowMs`: this machine's time. */
export function rowsOf(step: Step, nowMs: number): Row[] {
  const engineNowMs = nowMs - step.skewMs;
  const ms = totalMs(step.intervals, engineNowMs);
  const isRunning = !step.isCompleted;
  const rows: Row[] = [
    { label: prefixOf(step) + cleanLine(step.name), amount: "", ms, isRunning, tone: toneOf(step), step },
  ];
  for (const status of step.statuses.values()) rows.push(statusRow(step, status, engineNowMs));
  for (const { short } of step.warnings) {
    const label = `WARN: ${cleanLine(new TextDecoder().decode(short))}`;
    rows.push({ label, amount: "", ms, isRunning: false, tone: "warning" });
  }
  return rows;
}

function prefixOf(step: Step): string {
  const outcome = step.isCanceled ? "CANCELED " : step.isFailed ? "ERROR " : "";
  return step.isCached ? `CACHED ${outcome}` : outcome;
}

function toneOf(step: Step): Tone | undefined {
  if (!step.isCompleted) return undefined;
  if (step.isCanceled) return "cancel";
  return step.isFailed ? "error" : "run";
}

/** A status that its failed step never completed stands still at the step's end. */
function statusRow(step: Step, { id, current, total, started, completed }: VertexStatus, engineNowMs: number): Row {
  const endMs = completed ? toMs(completed) : step.error === "" ? undefined : step.endMs;
  const startMs = started ? toMs(started) : engineNowMs;
  const ms = Math.max(0, (endMs ?? engineNowMs) - startMs);
  const isRunning = endMs === undefined;
  const tone = isRunning ? undefined : completed ? "run" : toneOf(step);
  return { label: `=> ${cleanLine(id)}`, amount: formatAmount(current, total), ms, isRunning, tone };
}

/**
 * At most `limit` rows in their order: the steps that run come first, then what they do, then all else; of what does not
 * fit whole, the latest.
 */
export function chooseRows(rows: readonly Row[], limit: number): readonly Row[] {
  if (rows.length <= limit) return rows;
  const ranks = rows.map(rankOf);
  let free = limit;
  const toSkip = [0, 1, 2].map((rank) => {
    const count = ranks.filter((each) => each === rank).length;
    const shown = Math.min(count, free);
    free -= shown;
    return count - shown;
  });
  return rows.filter((_row, index) => {
    const rank = ranks[index] ?? 0;
    const skipped = toSkip[rank] ?? 0;
    toSkip[rank] = skipped - 1;
    return skipped <= 0;
  });
}

function rankOf({ isRunning, step }: Row): number {
  if (!isRunning) return 2;
  return step ? 0 : 1;
}
