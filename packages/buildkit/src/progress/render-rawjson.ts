import type {
  StatusResponse,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../gen/moby/buildkit/v1/control.ts";
import type { Range } from "../gen/pb/ops.ts";
import type { Renderer, RendererContext } from "./renderer.ts";
import { toRfc3339 } from "./timestamp.ts";

/**
 * One JSON object per update and line, as `docker buildx build --progress=rawjson` prints them: BuildKit's
 * `client.SolveStatus` (client/graph.go) in Go's JSON. One thing is left out: the LLB that a warning's `sourceInfo`
 * carries beside the source's text.
 */
export function createRenderer({ output }: Pick<RendererContext, "output">): Renderer {
  return {
    update: (status) => output.write(`${toRawJson(status)}\n`),
    finish() {},
  };
}

/** An update as one line of JSON, without the newline. */
export function toRawJson(status: StatusResponse): string {
  const json = JSON.stringify({
    vertexes: list(status.vertexes, vertexJson),
    statuses: list(status.statuses, statusJson),
    logs: list(status.logs, logJson),
    warnings: list(status.warnings, warningJson),
  });
  return json.replace(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function vertexJson(vertex: Vertex): object {
  return {
    digest: given(vertex.digest),
    inputs: list(vertex.inputs, (input) => input),
    name: given(vertex.name),
    started: vertex.started && toRfc3339(vertex.started),
    completed: vertex.completed && toRfc3339(vertex.completed),
    cached: given(vertex.cached),
    error: given(vertex.error),
    progressGroup: vertex.progressGroup && {
      id: given(vertex.progressGroup.id),
      name: given(vertex.progressGroup.name),
      weak: given(vertex.progressGroup.weak),
    },
  };
}

function statusJson(status: VertexStatus): object {
  return {
    id: status.id,
    vertex: given(status.vertex),
    name: given(status.name),
    total: given(Number(status.total)),
    current: Number(status.current),
    timestamp: toRfc3339(status.timestamp),
    started: status.started && toRfc3339(status.started),
    completed: status.completed && toRfc3339(status.completed),
  };
}

function logJson(log: VertexLog): object {
  return {
    vertex: given(log.vertex),
    stream: given(Number(log.stream)),
    data: base64(log.msg),
    timestamp: toRfc3339(log.timestamp),
  };
}

/** A warning as BuildKit's `client.VertexWarning` is written in JSON. */
export function warningJson({ info, ...warning }: VertexWarning): object {
  return {
    vertex: given(warning.vertex),
    level: given(Number(warning.level)),
    short: given(base64(warning.short)),
    detail: list(warning.detail, base64),
    url: given(warning.url),
    sourceInfo: info && {
      filename: given(info.filename),
      data: given(base64(info.data)),
      language: given(info.language),
    },
    range: list(warning.ranges, rangeJson),
  };
}

function rangeJson({ start, end }: Range): object {
  return { start: start && positionJson(start), end: end && positionJson(end) };
}

function positionJson({ line, character }: { readonly line: number; readonly character: number }): object {
  return { line: given(line), character: given(character) };
}

/** Go leaves out what is empty. */
function given<T extends string | number | boolean>(value: T): T | undefined {
  return value === "" || value === 0 || value === false ? undefined : value;
}

function list<T, J>(values: readonly T[], toJson: (value: T) => J): J[] | undefined {
  return values.length === 0 ? undefined : values.map((value) => toJson(value));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
