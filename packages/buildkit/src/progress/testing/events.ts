import type { Timestamp } from "../../gen/google/protobuf/timestamp.ts";
import type {
  StatusResponse,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../../gen/moby/buildkit/v1/control.ts";
import { toTimestamp } from "../timestamp.ts";

/** When the builds of tests start. */
export const startMs: number = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A moment of a test's build, in seconds after its start. */
export function at(seconds: number): Timestamp {
  return toTimestamp(new Date(startMs + seconds * 1000));
}

/** An update with what a test is about; the rest is empty. */
export function update(parts: Partial<StatusResponse>): StatusResponse {
  return { vertexes: [], statuses: [], logs: [], warnings: [], ...parts };
}

/** A vertex, by its name, that started and ended so many seconds after the build's start. */
export function vertex(name: string, from?: number, to?: number, more: Partial<Vertex> = {}): Vertex {
  const times = {
    started: from === undefined ? undefined : at(from),
    completed: to === undefined ? undefined : at(to),
  };
  return { digest: `sha256:${name}`, inputs: [], name, cached: false, error: "", ...times, ...more };
}

/** A piece of a vertex's log. */
export function log(name: string, seconds: number, text: string | Uint8Array): VertexLog {
  const msg = typeof text === "string" ? Buffer.from(text) : text;
  return { vertex: `sha256:${name}`, timestamp: at(seconds), stream: 1n, msg };
}

/** A status of a vertex that started with the build. */
export function status(name: string, seconds: number, more: Partial<VertexStatus> = {}): VertexStatus {
  const id = more.id ?? "transferring context:";
  return {
    vertex: `sha256:${name}`,
    name: id,
    current: 0n,
    total: 0n,
    timestamp: at(seconds),
    started: at(0),
    ...more,
    id,
  };
}

/** A warning of a vertex. */
export function warning(name: string, short: string, more: Partial<VertexWarning> = {}): VertexWarning {
  return { vertex: `sha256:${name}`, level: 1n, short: Buffer.from(short), detail: [], url: "", ranges: [], ...more };
}
