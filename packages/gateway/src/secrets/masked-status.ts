import type { StatusResponse, Vertex, VertexLog, VertexWarning } from "@opendepot/buildkit/wire";
import { MaskedStream } from "./masked-stream.ts";
import type { SecretValues } from "./secret-values.ts";

/** What may be held back of all logs of a solve; an engine that has more open than that gets them told as they are. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
const MAX_HELD_STREAMS = 1_000;

/** A step's output, part of which is held back. */
interface OpenStream {
  readonly masked: MaskedStream;
  /** The message whose end is held back. */
  readonly last: VertexLog;
}

/** What an engine says of one solve, with secrets masked in everything that people read: names, errors, logs and warnings. */
export class MaskedStatus {
  readonly #secrets: SecretValues;
  readonly #open = new Map<string, OpenStream>();
  #heldBytes = 0;

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  /** The status as it may be stored. The end of a log may come with a later one. */
  mask(status: StatusResponse): StatusResponse {
    if (this.#secrets.patterns.length === 0) return status;
    const logs = status.logs.map((log) => this.#maskLog(log)).filter(({ msg }) => msg.length > 0);
    for (const { digest, completed } of status.vertexes) if (completed) logs.push(...this.#close(digest));
    return {
      ...status,
      vertexes: status.vertexes.map((vertex) => this.#maskVertex(vertex)),
      warnings: status.warnings.map((warning) => this.#maskWarning(warning)),
      logs,
    };
  }

  /** What is still held back once the engine has said everything; undefined when that is nothing. */
  rest(): StatusResponse | undefined {
    const logs = [...this.#open.keys()].map((key) => this.#flush(key));
    return logs.length === 0 ? undefined : { vertexes: [], statuses: [], warnings: [], logs };
  }

  #maskLog(log: VertexLog): VertexLog {
    const key = `${log.vertex}\0${log.stream}`;
    const masked = this.#open.get(key)?.masked ?? new MaskedStream(this.#secrets.patterns);
    this.#open.delete(key);
    this.#heldBytes -= masked.heldBytes;
    const msg = masked.push(log.msg);
    if (masked.heldBytes === 0) return { ...log, msg };
    const isFull = this.#open.size >= MAX_HELD_STREAMS || this.#heldBytes + masked.heldBytes > MAX_HELD_BYTES;
    if (isFull) return { ...log, msg: Buffer.concat([msg, masked.rest()]) };
    this.#open.set(key, { masked, last: log });
    this.#heldBytes += masked.heldBytes;
    return { ...log, msg };
  }

  #close(vertex: string): VertexLog[] {
    const keys = [...this.#open.keys()].filter((key) => key.startsWith(`${vertex}\0`));
    return keys.map((key) => this.#flush(key));
  }

  #flush(key: string): VertexLog {
    const stream = this.#open.get(key);
    if (stream === undefined) throw new Error(`nothing is held back of ${key}`);
    this.#open.delete(key);
    this.#heldBytes -= stream.masked.heldBytes;
    return { ...stream.last, msg: stream.masked.rest() };
  }

  #maskVertex(vertex: Vertex): Vertex {
    return { ...vertex, name: this.#maskText(vertex.name), error: this.#maskText(vertex.error) };
  }

  #maskWarning(warning: VertexWarning): VertexWarning {
    return {
      ...warning,
      short: this.#maskBytes(warning.short),
      detail: warning.detail.map((line) => this.#maskBytes(line)),
    };
  }

  #maskText(text: string): string {
    return text === "" ? text : this.#maskBytes(Buffer.from(text)).toString();
  }

  #maskBytes(bytes: Uint8Array): Buffer {
    const stream = new MaskedStream(this.#secrets.patterns);
    return Buffer.concat([stream.push(bytes), stream.rest()]);
  }
}
