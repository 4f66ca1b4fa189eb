import { crc32 } from "node:zlib";
import type { LogEntry, StepUpdate, StepWarning, StepWrite } from "../store/steps.ts";
import { type EngineStatus, type StatusSource, toDate, toNanoseconds } from "./engine-status.ts";

/** Names, errors and links beyond this are cut: nothing sensible is longer, a hostile engine may be. */
const MAX_TEXT = 16_384;
const MAX_INPUTS = 4096;

/**
 * What one solve's statuses amount to until they are written: each step once, in its latest form, with its log.
 * BuildKit reports a vertex again whenever something about it changes; later reports replace earlier ones.
 */
export class StatusFold {
  readonly source: StatusSource;
  readonly #steps = new Map<string, StepUpdate>();
  readonly #logs: LogEntry[] = [];
  readonly #warnings: StepWarning[] = [];
  #bytes = 0;

  constructor(source: StatusSource) {
    this.source = source;
  }

  /** About how much memory it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  add(status: EngineStatus): void {
    const before = this.#steps.size;
    for (const vertex of status.vertexes) this.#addVertex(vertex);
    for (const log of status.logs) this.#addLog(log);
    for (const warning of status.warnings) this.#addWarning(warning);
    this.#bytes += (this.#steps.size - before) * 512;
  }

  /** `stable` by vertex digest: what the client calls the same step in every build. */
  addStableDigests(stable: Readonly<Record<string, string>>): void {
    for (const [digest, stableDigest] of Object.entries(stable)) {
      const step = this.#stepOf(digest);
      this.#steps.set(digest, { ...step, stableDigest: clean(stableDigest) });
    }
  }

  /** What is to be written. */
  toWrite(): StepWrite {
    return { source: this.source, steps: [...this.#steps.values()], logs: this.#logs, warnings: this.#warnings };
  }

  #addVertex(vertex: EngineStatus["vertexes"][number]): void {
    const known = this.#steps.get(vertex.digest);
    const startedAt = vertex.started && toDate(vertex.started);
    this.#steps.set(vertex.digest, {
      digest: vertex.digest,
      stableDigest: known?.stableDigest,
      name: clean(vertex.name) || known?.name || "",
      inputs: vertex.inputs.slice(0, MAX_INPUTS),
      isCached: vertex.cached || (known?.isCached ?? false),
      startedAt: earlier(known?.startedAt, startedAt),
      completedAt: (vertex.completed && toDate(vertex.completed)) ?? (startedAt ? undefined : known?.completedAt),
      error: clean(vertex.error) || known?.error,
    });
    this.#bytes += vertex.inputs.length * 72 + vertex.name.length + vertex.error.length;
  }

  #addLog({ vertex, timestamp, stream, msg }: EngineStatus["logs"][number]): void {
    if (msg.length === 0) return;
    this.#stepOf(vertex);
    // The message may be a view into a larger buffer of the wire, which must not live as long as we wait.
    const message = Buffer.from(msg);
    const atNs = timestamp ? toNanoseconds(timestamp) : 0n;
    this.#logs.push({
      digest: vertex,
      atNs,
      stream: Number(stream & 0x7fffn),
      checksum: BigInt(crc32(message)),
      message,
    });
    this.#bytes += message.length + 128;
  }

  #addWarning({ vertex, level, short, url }: EngineStatus["warnings"][number]): void {
    this.#stepOf(vertex);
    const message = clean(Buffer.from(short).toString("utf8"));
    const checksum = BigInt(crc32(`${message}\n${url}`));
    this.#warnings.push({ digest: vertex, checksum, level: Number(level & 0x7fffn), message, url: clean(url) });
    this.#bytes += message.length + 128;
  }

  /** The step, also when only its log or a warning has been seen so far. */
  #stepOf(digest: string): StepUpdate {
    const known = this.#steps.get(digest);
    if (known) return known;
    const unknown: StepUpdate = { digest, name: "", inputs: [], isCached: false };
    this.#steps.set(digest, unknown);
    return unknown;
  }
}

/** PostgreSQL's text holds no NUL. */
function clean(text: string): string {
  return text.slice(0, MAX_TEXT).replaceAll("\0", "");
}

function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (!a || !b) return a ?? b;
  return a < b ? a : b;
}
