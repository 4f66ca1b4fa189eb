import type { StatusResponse, Vertex } from "../gen/moby/buildkit/v1/control.ts";
import { Step } from "./step.ts";
import { toMs } from "./timestamp.ts";

/**
 * What is known of a build, merged from the updates of its Status stream and from the client's own steps.
 *
 * Updates may come in any order and any cut: a log before its vertex waits for it, and a vertex's end that came
 * before its start stays its end.
 */
export class BuildStatus {
  /** The steps to be shown, by first appearance. */
  readonly steps: Step[] = [];
  /** When the build's first step started, by this machine's clock; undefined before. */
  startedMs: number | undefined;

  /** Each vertex's step; vertices of one group share it. */
  readonly #byVertex = new Map<string, Step>();
  readonly #groups = new Map<string, Step>();
  readonly #shown = new Set<Step>();

  /** How many steps the build has, as far as is known, those that have not started among them. */
  get totalSteps(): number {
    let total = this.#groups.values().reduce((sum, group) => sum + (group.isShown ? 1 : 0), 0);
    for (const step of this.#byVertex.values()) if (!step.isGroup && step.isKnown) total++;
    return total;
  }

  get completedSteps(): number {
    return this.steps.reduce((sum, step) => sum + (step.isCompleted ? 1 : 0), 0);
  }

  /**
   * Takes in one update.
   *
   * @param nowMs this machine's time, to relate the engine's clock to it
   * @returns the steps of which it says something new; a warning alone is none, it is told again at the build's end
   */
  apply(update: StatusResponse, nowMs: number): ReadonlySet<Step> {
    const changed = new Set<Step>();
    const skewMs = nowMs - (newestMs(update) ?? nowMs);
    for (const vertex of update.vertexes) {
      const step = this.#stepOfVertex(vertex);
      if (this.#addVertex(step, vertex, skewMs)) changed.add(step);
    }
    for (const status of update.statuses) {
      const step = this.#stepOf(status.vertex);
      if (step.addStatus(status)) changed.add(step);
    }
    for (const warning of update.warnings) this.#stepOf(warning.vertex).warnings.push(warning);
    for (const { vertex, timestamp, msg } of update.logs) {
      const step = this.#stepOf(vertex);
      step.addLog({ atMs: timestamp ? toMs(timestamp) : 0, bytes: msg });
      changed.add(step);
    }
    for (const step of changed) this.#show(step);
    return changed;
  }

  #addVertex(step: Step, vertex: Vertex, skewMs: number): boolean {
    const wasStarted = step.isStarted;
    const isNews = step.addVertex(vertex);
    const firstMs = step.intervals[0]?.startMs;
    if (!wasStarted && firstMs !== undefined) {
      step.skewMs = skewMs;
      this.startedMs ??= firstMs + skewMs;
    }
    return isNews;
  }

  #stepOf(digest: string): Step {
    const known = this.#byVertex.get(digest);
    if (known) return known;
    const step = new Step(digest, false);
    this.#byVertex.set(digest, step);
    return step;
  }

  #stepOfVertex(vertex: Vertex): Step {
    return vertex.progressGroup ? this.#groupOf(vertex, vertex.progressGroup.id) : this.#stepOf(vertex.digest);
  }

  /** The step of a vertex's group; takes over what was held for a vertex whose group was not known yet. */
  #groupOf(vertex: Vertex, groupId: string): Step {
    const group = this.#groups.get(groupId) ?? new Step(groupId, true);
    this.#groups.set(groupId, group);
    const earlier = this.#byVertex.get(vertex.digest);
    if (earlier === group) return group;
    if (earlier?.isKnown) return earlier;
    this.#byVertex.set(vertex.digest, group);
    for (const status of earlier?.statuses.values() ?? []) group.addStatus(status);
    for (const chunk of earlier?.takeLogs() ?? []) group.addLog(chunk);
    group.warnings.push(...(earlier?.warnings ?? []));
    return group;
  }

  #show(step: Step): void {
    if (!step.isShown || this.#shown.has(step)) return;
    this.#shown.add(step);
    this.steps.push(step);
  }
}

/** The engine's time when it sent the update, as nearly as its content tells. */
function newestMs({ vertexes, statuses, logs }: StatusResponse): number | undefined {
  let newest: number | undefined;
  for (const { started, completed } of vertexes) {
    const last = completed ?? started;
    if (last) newest = Math.max(newest ?? 0, toMs(last));
  }
  for (const { timestamp } of [...statuses, ...logs]) {
    if (timestamp) newest = Math.max(newest ?? 0, toMs(timestamp));
  }
  return newest;
}
