import { readFileSync } from "node:fs";
import type { Timestamp } from "../../gen/google/protobuf/timestamp.ts";
import type { StatusResponse, VertexStatus } from "../../gen/moby/buildkit/v1/control.ts";

/** The lines of a file in testdata. */
export function testdataLines(name: string): string[] {
  const text = readFileSync(new URL(`../testdata/${name}`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

/** The updates of a build that was recorded with `buildctl build --progress=rawjson`. */
export function recordedUpdates(name: string): StatusResponse[] {
  return testdataLines(name).map((line) => fromRawJson(JSON.parse(line)));
}

interface RawVertex {
  readonly digest: string;
  readonly inputs?: string[];
  readonly name?: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
  readonly error?: string;
  readonly progressGroup?: { readonly id?: string; readonly name?: string; readonly weak?: boolean };
}

interface RawStatus {
  readonly id: string;
  readonly vertex: string;
  readonly name?: string;
  readonly total?: number;
  readonly current: number;
  readonly timestamp: string;
  readonly started?: string;
  readonly completed?: string;
}

interface RawPosition {
  readonly line?: number;
  readonly character?: number;
}

interface RawWarning {
  readonly vertex: string;
  readonly level?: number;
  readonly short?: string;
  readonly detail?: string[];
  readonly url?: string;
  readonly sourceInfo?: { readonly filename?: string; readonly data?: string; readonly language?: string };
  readonly range?: { readonly start?: RawPosition; readonly end?: RawPosition }[];
}

interface RawUpdate {
  readonly vertexes?: RawVertex[];
  readonly statuses?: RawStatus[];
  readonly logs?: {
    readonly vertex: string;
    readonly stream?: number;
    readonly data: string;
    readonly timestamp: string;
  }[];
  readonly warnings?: RawWarning[];
}

function fromRawJson(raw: RawUpdate): StatusResponse {
  return {
    vertexes: (raw.vertexes ?? []).map((vertex) => ({
      digest: vertex.digest,
      inputs: vertex.inputs ?? [],
      name: vertex.name ?? "",
      cached: vertex.cached ?? false,
      started: moment(vertex.started),
      completed: moment(vertex.completed),
      error: vertex.error ?? "",
      progressGroup: vertex.progressGroup && { id: "", name: "", weak: false, ...vertex.progressGroup },
    })),
    statuses: (raw.statuses ?? []).map(toStatus),
    logs: (raw.logs ?? []).map(({ vertex, stream = 0, data, timestamp }) => {
      return { vertex, stream: BigInt(stream), msg: Buffer.from(data, "base64"), timestamp: moment(timestamp) };
    }),
    warnings: (raw.warnings ?? []).map((warning) => ({
      vertex: warning.vertex,
      level: BigInt(warning.level ?? 0),
      short: Buffer.from(warning.short ?? "", "base64"),
      detail: (warning.detail ?? []).map((line) => Buffer.from(line, "base64")),
      url: warning.url ?? "",
      info: warning.sourceInfo && {
        filename: warning.sourceInfo.filename ?? "",
        data: Buffer.from(warning.sourceInfo.data ?? "", "base64"),
        language: warning.sourceInfo.language ?? "",
      },
      ranges: (warning.range ?? []).map(({ start, end }) => ({ start: position(start), end: position(end) })),
    })),
  };
}

function toStatus(status: RawStatus): VertexStatus {
  return {
    id: status.id,
    vertex: status.vertex,
    name: status.name ?? "",
    current: BigInt(status.current),
    total: BigInt(status.total ?? 0),
    timestamp: moment(status.timestamp),
    started: moment(status.started),
    completed: moment(status.completed),
  };
}

function position(raw: RawPosition | undefined): { line: number; character: number } | undefined {
  return raw && { line: raw.line ?? 0, character: raw.character ?? 0 };
}

/** RFC 3339 with up to nine digits of the fraction. */
function moment(text: string | undefined): Timestamp | undefined {
  if (text === undefined) return undefined;
  const [, whole = "", fraction = ""] = /^(.{19})(?:\.(\d+))?Z$/.exec(text) ?? [];
  return { seconds: BigInt(Date.parse(`${whole}Z`) / 1000), nanos: Number(fraction.padEnd(9, "0")) };
}
