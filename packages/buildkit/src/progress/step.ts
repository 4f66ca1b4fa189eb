import type { Vertex, VertexStatus, VertexWarning } from "../gen/moby/buildkit/v1/control.ts";
import { type Interval, mergeIntervals } from "./interval.ts";
import { toMs } from "./timestamp.ts";

/** A piece of a step's log, as it came: neither its ends nor its encoding are those of lines. */
export interface LogChunk {
  /** The engine's clock. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** One time that a vertex was at work, and how it ended. */
interface Attempt extends Interval {
  readonly isCached: boolean;
  readonly error: string;
}

/** A vertex with all that was said of it. The order in which updates arrive does not matter. */
interface Member {
  readonly attempts: Map<number, Attempt>;
  isWeak: boolean;
}

/** How much log is held for a vertex that no update has described yet. */
const maxHeldBytes = 256 * 1024;

/** Chunks kept for such a vertex, whatever their size. */
const maxHeldChunks = 4096;

/**
 * What a display shows as one step: a vertex, or a progress group that stands for several.
 *
 * Made and changed by {@link BuildStatus}; displays only read, except for {@link takeLogs}.
 */
export class Step {
  /** The vertex's digest, or the group's id. */
  readonly id: string;
  readonly isGroup: boolean;
  name = "";
  /** When the step worked, by the engine's clock: merged, in order, empty before its start. */
  intervals: readonly Interval[] = [];
  /** True when the latest attempt of every vertex came from the cache. */
  isCached = false;
  /** Why it failed; empty when it did not. */
  error = "";
  /** The newest state of each status, by its id. Only those that have started. */
  readonly statuses: Map<string, VertexStatus> = new Map();
  readonly warnings: VertexWarning[] = [];
  /** What to add to the engine's clock to get this machine's; known once the step has started. */
  skewMs = 0;

  readonly #members = new Map<string, Member>();
  #logs: LogChunk[] = [];
  #heldBytes = 0;

  constructor(id: string, isGroup: boolean) {
    this.id = id;
    this.isGroup = isGroup;
  }

  /** Tells whether an update described it. Logs and statuses may come before. */
  get isKnown(): boolean {
    return this.#members.size > 0;
  }

  get isStarted(): boolean {
    return this.intervals.length > 0;
  }

  get isCompleted(): boolean {
    return this.isStarted && this.endMs !== undefined;
  }

  /** Tells whether it is to be shown: a group waits until something that it is about has started. */
  get isShown(): boolean {
    if (!this.isStarted) return false;
    if (!this.isGroup || this.error !== "") return true;
    return this.#members.values().some((member) => !member.isWeak && member.attempts.size > 0);
  }

  /** When its latest interval ended; undefined before the start and while it lasts. */
  get endMs(): number | undefined {
    return this.intervals.at(-1)?.endMs;
  }

  /** BuildKit has no state for it: a canceled vertex is one whose error ends in Go's words for it. */
  get isCanceled(): boolean {
    return this.error.endsWith("context canceled");
  }

  get isFailed(): boolean {
    return this.error !== "" && !this.isCanceled;
  }

  /** Takes in what an update says of one of its vertices. @returns whether that was new */
  addVertex(vertex: Vertex): boolean {
    this.name = vertex.progressGroup?.name || (this.isGroup ? this.name : vertex.name) || this.name || vertex.name;
    const member = this.#memberOf(vertex.digest);
    if (vertex.progressGroup) member.isWeak = vertex.progressGroup.weak;
    const isNews = vertex.started !== undefined && addAttempt(member, vertex, toMs(vertex.started));
    this.#refresh();
    return isNews;
  }

  /** Takes in a status, unless a newer state of it is known. @returns whether it was taken */
  addStatus(status: VertexStatus): boolean {
    const known = this.statuses.get(status.id);
    if (!status.started || (known && !isNewer(status, known))) return false;
    this.statuses.set(status.id, status);
    return true;
  }

  addLog(chunk: LogChunk): void {
    this.#logs.push(chunk);
    if (!this.isKnown) this.#holdBack(chunk);
  }

  /** The log that came since the last call, oldest first. */
  takeLogs(): readonly LogChunk[] {
    const logs = this.#logs;
    this.#logs = [];
    return logs;
  }

  /** Log lines count from the start of the interval in which they were written. */
  startBefore(atMs: number): number {
    return (this.intervals.findLast(({ startMs }) => startMs <= atMs) ?? this.intervals[0])?.startMs ?? atMs;
  }

  #memberOf(digest: string): Member {
    const known = this.#members.get(digest);
    if (known) return known;
    const member = { attempts: new Map(), isWeak: false };
    this.#members.set(digest, member);
    return member;
  }

  #holdBack(chunk: LogChunk): void {
    this.#heldBytes += chunk.bytes.length;
    while (this.#heldBytes > maxHeldBytes || this.#logs.length > maxHeldChunks) {
      this.#heldBytes -= this.#logs.shift()?.bytes.length ?? 0;
    }
  }

  #refresh(): void {
    const members = [...this.#members.values()];
    const latest = members.map(latestAttempt);
    this.intervals = mergeIntervals(members.flatMap((member) => [...member.attempts.values()]));
    this.isCached = latest.every((attempt) => attempt?.isCached);
    this.error = latest.find((attempt) => attempt?.error)?.error ?? "";
  }
}

/** Attempts are told apart by their start. An end once heard of is not taken back by a late word of the start. */
function addAttempt(member: Member, { completed, cached, error }: Vertex, startMs: number): boolean {
  const endMs = completed && toMs(completed);
  const known = member.attempts.get(startMs);
  if (known?.endMs !== undefined && (endMs === undefined || endMs < known.endMs)) return false;
  if (known && known.endMs === endMs && known.isCached === cached && known.error === error) return false;
  member.attempts.set(startMs, { startMs, endMs, isCached: cached, error });
  return true;
}

function latestAttempt(member: Member): Attempt | undefined {
  let latest: Attempt | undefined;
  for (const attempt of member.attempts.values()) if (!latest || attempt.startMs > latest.startMs) latest = attempt;
  return latest;
}

function isNewer(status: VertexStatus, known: VertexStatus): boolean {
  if (known.completed && !status.completed) return false;
  if (status.completed && !known.completed) return true;
  const [at, knownAt] = [status.timestamp, known.timestamp].map((timestamp) => (timestamp ? toMs(timestamp) : 0));
  if (at !== knownAt) return (at ?? 0) > (knownAt ?? 0);
  return status.current >= known.current;
}
