import { type Clock, messageOf, systemClock } from "@opendepot/base";
import type { StatusResponse, Vertex } from "../gen/moby/buildkit/v1/control.ts";
import { randomBytes } from "../random-bytes.ts";
import { toTimestamp } from "./timestamp.ts";

/** Something that the client itself does in a build, shown like the engine's steps. */
export interface ClientStep {
  /** Of the vertex that stands for the step. */
  readonly digest: string;
  /** Adds lines to the step's log. */
  log(text: string): void;
  /** Shows how far a part of the step is; the same `id` again replaces what was shown, `isDone` ends the part. */
  status(id: string, amount?: { readonly current?: number; readonly total?: number; readonly isDone?: boolean }): void;
  /** The step has ended well. What is called after the end has no effect. */
  done(): void;
  /** The step has ended badly; the error's message is shown. */
  fail(error: unknown): void;
}

/** Where updates go; a {@link ProgressDisplay} is one. */
export interface StatusSink {
  update(status: StatusResponse): void;
}

/** Shows a step of the client, started now: `openStep(display, "[depot] build: https://…")`. */
export function openStep(sink: StatusSink, name: string, clock: Clock = systemClock): ClientStep {
  const digest = `sha256:${randomBytes(32).toString("hex")}`;
  const now = () => toTimestamp(clock.now());
  const started = now();
  const statusStarts = new Map<string, ReturnType<typeof now>>();
  let isOpen = true;
  const send = (update: Partial<StatusResponse>): void => {
    if (isOpen) sink.update({ vertexes: [], statuses: [], logs: [], warnings: [], ...update });
  };
  const vertex: Vertex = { digest, inputs: [], name, cached: false, started, error: "" };
  const end = (error: string): void => {
    send({ vertexes: [{ ...vertex, completed: now(), error }] });
    isOpen = false;
  };
  send({ vertexes: [vertex] });
  return {
    digest,
    log(text) {
      const msg = new TextEncoder().encode(text.endsWith("\n") ? text : `${text}\n`);
      send({ logs: [{ vertex: digest, timestamp: now(), stream: 1n, msg }] });
    },
    status(id, { current = 0, total = 0, isDone = false } = {}) {
      const timestamp = now();
      const start = statusStarts.get(id) ?? timestamp;
      statusStarts.set(id, start);
      const amounts = { current: BigInt(Math.round(current)), total: BigInt(Math.round(total)) };
      const completed = isDone ? timestamp : undefined;
      send({ statuses: [{ id, vertex: digest, name: id, ...amounts, timestamp, started: start, completed }] });
    },
    done: () => end(""),
    fail: (error) => end(messageOf(error) || "failed"),
  };
}
