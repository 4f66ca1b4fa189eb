import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Cost } from "./measure.ts";
import { medianCost } from "./measure.ts";

/** One line of the table: one contender at one piece of work, beside the peer it is held against. */
export interface Row {
  /** The goal's name in the table of goals, for instance `P1`. */
  readonly goal: string;
  readonly work: string;
  readonly contender: string;
  readonly cost: Cost;
  readonly rounds: number;
  /** What it is held against; absent for the peer itself. */
  readonly against?: {
    readonly peer: string;
    readonly measure: string;
    readonly value: number;
    readonly limit: number;
  };
}

/** The rows of one piece of work: the peer first, then everybody's ratio to it. */
export function rowsAgainst(
  goal: {
    readonly name: string;
    readonly work: string;
    readonly peer: string;
    readonly wall: number;
    readonly cpu?: number;
  },
  costs: ReadonlyMap<string, readonly Cost[]>,
): Row[] {
  const peer = medianCost(costs.get(goal.peer) ?? []);
  return [...costs].flatMap(([contender, runs]) => {
    const cost = medianCost(runs);
    const row = { goal: goal.name, work: goal.work, contender, cost, rounds: runs.length };
    if (contender === goal.peer) return [row];
    const against = (measure: "wall" | "cpu", limit: number): Row => ({
      ...row,
      against: { peer: goal.peer, measure: `${measure} ratio`, value: cost[measure] / peer[measure], limit },
    });
    return [against("wall", goal.wall), ...(goal.cpu === undefined ? [] : [against("cpu", goal.cpu)])];
  });
}

/** The table for people. */
export function renderTable(rows: readonly Row[]): string {
  const header = ["goal", "work", "contender", "wall s", "cpu s", "n", "against", "measured", "limit", "met"];
  const lines = rows.map(({ goal, work, contender, cost, rounds, against }) => [
    goal,
    work,
    contender,
    cost.wall.toFixed(3),
    cost.cpu.toFixed(3),
    String(rounds),
    against ? `${against.peer}, ${against.measure}` : "",
    against ? against.value.toFixed(3) : "",
    against ? `≤ ${against.limit}` : "",
    against ? (against.value <= against.limit ? "yes" : "NO") : "",
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const render = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [render(header), render(widths.map((width) => "-".repeat(width))), ...lines.map(render)].join("\n");
}

/** The same for programs. */
export function writeJson(path: string, rows: readonly Row[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    `${JSON.stringify({ finishedAt: new Date().toISOString(), node: process.version, rows }, undefined, 2)}\n`,
  );
}
