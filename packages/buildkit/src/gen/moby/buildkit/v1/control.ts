// Generated from proto/moby/buildkit/v1/control.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";
import { BuildkitVersion, WorkerRecord } from "./types/worker.ts";
import { Definition, ProgressGroup, Range, SourceInfo } from "../../../pb/ops.ts";
import { Policy } from "./sourcepolicy/policy.ts";
import { Status } from "../../../google/rpc/status.ts";
import { Timestamp } from "../../../google/protobuf/timestamp.ts";

export const BuildHistoryEventType = {
  STARTED: 0,
  COMPLETE: 1,
  DELETED: 2,
} as const;
export type BuildHistoryEventType = number;

export interface PruneRequest {
  filter: string[];
  all: boolean;
  keepDuration: bigint;
  reservedSpace: bigint;
  maxUsedSpace: bigint;
  minFreeSpace: bigint;
}
export const PruneRequest: MessageType<PruneRequest> = message("moby.buildkit.v1.PruneRequest", () => [
  [1, "filter", "string", "many"],
  [2, "all", "bool"],
  [3, "keepDuration", "int64"],
  [4, "reservedSpace", "int64"],
  [5, "maxUsedSpace", "int64"],
  [6, "minFreeSpace", "int64"],
]);

export interface DiskUsageRequest {
  filter: string[];
  ageLimit: bigint;
}
export const DiskUsageRequest: MessageType<DiskUsageRequest> = message("moby.buildkit.v1.DiskUsageRequest", () => [
  [1, "filter", "string", "many"],
  [2, "ageLimit", "int64"],
]);

export interface DiskUsageResponse {
  record: UsageRecord[];
}
export const DiskUsageResponse: MessageType<DiskUsageResponse> = message("moby.buildkit.v1.DiskUsageResponse", () => [
  [1, "record", UsageRecord, "many"],
]);

export interface UsageRecord {
  id: string;
  mutable: boolean;
  inUse: boolean;
  size: bigint;
  parent: string;
  createdAt?: Timestamp | undefined;
  lastUsedAt?: Timestamp | undefined;
  usageCount: bigint;
  description: string;
  recordType: string;
  shared: boolean;
  parents: string[];
}
export const UsageRecord: MessageType<UsageRecord> = message("moby.buildkit.v1.UsageRecord", () => [
  [1, "id", "string"],
  [2, "mutable", "bool"],
  [3, "inUse", "bool"],
  [4, "size", "int64"],
  [5, "parent", "string"],
  [6, "createdAt", Timestamp],
  [7, "lastUsedAt", Timestamp],
  [8, "usageCount", "int64"],
  [9, "description", "string"],
  [10, "recordType", "string"],
  [11, "shared", "bool"],
  [12, "parents", "string", "many"],
]);

export interface SolveRequest {
  ref: string;
  definition?: Definition | undefined;
  exporterDeprecated: string;
  exporterAttrsDeprecated: Record<string, string>;
  session: string;
  frontend: string;
  frontendAttrs: Record<string, string>;
  cache?: CacheOptions | undefined;
  entitlements: string[];
  frontendInputs: Record<string, Definition>;
  internal: boolean;
  sourcePolicy?: Policy | undefined;
  exporters: Exporter[];
  enableSessionExporter: boolean;
  sourcePolicySession: string;
  compatibilityVersion: bigint;
  proxyNetwork: boolean;
}
export const SolveRequest: MessageType<SolveRequest> = message("moby.buildkit.v1.SolveRequest", () => [
  [1, "ref", "string"],
  [2, "definition", Definition],
  [3, "exporterDeprecated", "string"],
  [4, "exporterAttrsDeprecated", "string", "map", "string"],
  [5, "session", "string"],
  [6, "frontend", "string"],
  [7, "frontendAttrs", "string", "map", "string"],
  [8, "cache", CacheOptions],
  [9, "entitlements", "string", "many"],
  [10, "frontendInputs", Definition, "map", "string"],
  [11, "internal", "bool"],
  [12, "sourcePolicy", Policy],
  [13, "exporters", Exporter, "many"],
  [14, "enableSessionExporter", "bool"],
  [15, "sourcePolicySession", "string"],
  [16, "compatibilityVersion", "int64"],
  [17, "proxyNetwork", "bool"],
]);

export interface CacheOptions {
  exportRefDeprecated: string;
  importRefsDeprecated: string[];
  exportAttrsDeprecated: Record<string, string>;
  exports: CacheOptionsEntry[];
  imports: CacheOptionsEntry[];
}
export const CacheOptions: MessageType<CacheOptions> = message("moby.buildkit.v1.CacheOptions", () => [
  [1, "exportRefDeprecated", "string"],
  [2, "importRefsDeprecated", "string", "many"],
  [3, "exportAttrsDeprecated", "string", "map", "string"],
  [4, "exports", CacheOptionsEntry, "many"],
  [5, "imports", CacheOptionsEntry, "many"],
]);

export interface CacheOptionsEntry {
  type: string;
  attrs: Record<string, string>;
}
export const CacheOptionsEntry: MessageType<CacheOptionsEntry> = message("moby.buildkit.v1.CacheOptionsEntry", () => [
  [1, "type", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export interface SolveResponse {
  exporterResponse: Record<string, string>;
}
export const SolveResponse: MessageType<SolveResponse> = message("moby.buildkit.v1.SolveResponse", () => [
  [1, "exporterResponse", "string", "map", "string"],
]);

export interface StatusRequest {
  ref: string;
}
export const StatusRequest: MessageType<StatusRequest> = message("moby.buildkit.v1.StatusRequest", () => [
  [1, "ref", "string"],
]);

export interface StatusResponse {
  vertexes: Vertex[];
  statuses: VertexStatus[];
  logs: VertexLog[];
  warnings: VertexWarning[];
}
export const StatusResponse: MessageType<StatusResponse> = message("moby.buildkit.v1.StatusResponse", () => [
  [1, "vertexes", Vertex, "many"],
  [2, "statuses", VertexStatus, "many"],
  [3, "logs", VertexLog, "many"],
  [4, "warnings", VertexWarning, "many"],
]);

export interface Vertex {
  digest: string;
  inputs: string[];
  name: string;
  cached: boolean;
  started?: Timestamp | undefined;
  completed?: Timestamp | undefined;
  error: string;
  progressGroup?: ProgressGroup | undefined;
}
export const Vertex: MessageType<Vertex> = message("moby.buildkit.v1.Vertex", () => [
  [1, "digest", "string"],
  [2, "inputs", "string", "many"],
  [3, "name", "string"],
  [4, "cached", "bool"],
  [5, "started", Timestamp],
  [6, "completed", Timestamp],
  [7, "error", "string"],
  [8, "progressGroup", ProgressGroup],
]);

export interface VertexStatus {
  id: string;
  vertex: string;
  name: string;
  current: bigint;
  total: bigint;
  timestamp?: Timestamp | undefined;
  started?: Timestamp | undefined;
  completed?: Timestamp | undefined;
}
export const VertexStatus: MessageType<VertexStatus> = message("moby.buildkit.v1.VertexStatus", () => [
  [1, "id", "string"],
  [2, "vertex", "string"],
  [3, "name", "string"],
  [4, "current", "int64"],
  [5, "total", "int64"],
  [6, "timestamp", Timestamp],
  [7, "started", Timestamp],
  [8, "completed", Timestamp],
]);

export interface VertexLog {
  vertex: string;
  timestamp?: Timestamp | undefined;
  stream: bigint;
  msg: Uint8Array;
}
export const VertexLog: MessageType<VertexLog> = message("moby.buildkit.v1.VertexLog", () => [
  [1, "vertex", "string"],
  [2, "timestamp", Timestamp],
  [3, "stream", "int64"],
  [4, "msg", "bytes"],
]);

export interface VertexWarning {
  vertex: string;
  level: bigint;
  short: Uint8Array;
  detail: Uint8Array[];
  url: string;
  info?: SourceInfo | undefined;
  ranges: Range[];
}
export const VertexWarning: MessageType<VertexWarning> = message("moby.buildkit.v1.VertexWarning", () => [
  [1, "vertex", "string"],
  [2, "level", "int64"],
  [3, "short", "bytes"],
  [4, "detail", "bytes", "many"],
  [5, "url", "string"],
  [6, "info", SourceInfo],
  [7, "ranges", Range, "many"],
]);

export interface BytesMessage {
  data: Uint8Array;
}
export const BytesMessage: MessageType<BytesMessage> = message("moby.buildkit.v1.BytesMessage", () => [
  [1, "data", "bytes"],
]);

export interface ListWorkersRequest {
  filter: string[];
}
export const ListWorkersRequest: MessageType<ListWorkersRequest> = message("moby.buildkit.v1.ListWorkersRequest", () => [
  [1, "filter", "string", "many"],
]);

export interface ListWorkersResponse {
  record: WorkerRecord[];
}
export const ListWorkersResponse: MessageType<ListWorkersResponse> = message("moby.buildkit.v1.ListWorkersResponse", () => [
  [1, "record", WorkerRecord, "many"],
]);

export interface InfoResponse {
  buildkitVersion?: BuildkitVersion | undefined;
}
export const InfoResponse: MessageType<InfoResponse> = message("moby.buildkit.v1.InfoResponse", () => [
  [1, "buildkitVersion", BuildkitVersion],
]);

export interface BuildHistoryRequest {
  activeOnly: boolean;
  ref: string;
  earlyExit: boolean;
  filter: string[];
  limit: number;
}
export const BuildHistoryRequest: MessageType<BuildHistoryRequest> = message("moby.buildkit.v1.BuildHistoryRequest", () => [
  [1, "activeOnly", "bool"],
  [2, "ref", "string"],
  [3, "earlyExit", "bool"],
  [4, "filter", "string", "many"],
  [5, "limit", "int32"],
]);

export interface BuildHistoryEvent {
  type: BuildHistoryEventType;
  record?: BuildHistoryRecord | undefined;
}
export const BuildHistoryEvent: MessageType<BuildHistoryEvent> = message("moby.buildkit.v1.BuildHistoryEvent", () => [
  [1, "type", "enum"],
  [2, "record", BuildHistoryRecord],
]);

export interface BuildHistoryRecord {
  ref: string;
  frontend: string;
  frontendAttrs: Record<string, string>;
  exporters: Exporter[];
  error?: Status | undefined;
  createdAt?: Timestamp | undefined;
  completedAt?: Timestamp | undefined;
  logs?: Descriptor | undefined;
  exporterResponse: Record<string, string>;
  result?: BuildResultInfo | undefined;
  results: Record<string, BuildResultInfo>;
  generation: number;
  trace?: Descriptor | undefined;
  pinned: boolean;
  numCachedSteps: number;
  numTotalSteps: number;
  numCompletedSteps: number;
  externalError?: Descriptor | undefined;
  numWarnings: number;
}
export const BuildHistoryRecord: MessageType<BuildHistoryRecord> = message("moby.buildkit.v1.BuildHistoryRecord", () => [
  [1, "ref", "string"],
  [2, "frontend", "string"],
  [3, "frontendAttrs", "string", "map", "string"],
  [4, "exporters", Exporter, "many"],
  [5, "error", Status],
  [6, "createdAt", Timestamp],
  [7, "completedAt", Timestamp],
  [8, "logs", Descriptor],
  [9, "exporterResponse", "string", "map", "string"],
  [10, "result", BuildResultInfo],
  [11, "results", BuildResultInfo, "map", "string"],
  [12, "generation", "int32"],
  [13, "trace", Descriptor],
  [14, "pinned", "bool"],
  [15, "numCachedSteps", "int32"],
  [16, "numTotalSteps", "int32"],
  [17, "numCompletedSteps", "int32"],
  [18, "externalError", Descriptor],
  [19, "numWarnings", "int32"],
]);

export interface UpdateBuildHistoryRequest {
  ref: string;
  pinned: boolean;
  delete: boolean;
  finalize: boolean;
}
export const UpdateBuildHistoryRequest: MessageType<UpdateBuildHistoryRequest> = message("moby.buildkit.v1.UpdateBuildHistoryRequest", () => [
  [1, "ref", "string"],
  [2, "pinned", "bool"],
  [3, "delete", "bool"],
  [4, "finalize", "bool"],
]);

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: bigint;
  annotations: Record<string, string>;
}
export const Descriptor: MessageType<Descriptor> = message("moby.buildkit.v1.Descriptor", () => [
  [1, "mediaType", "string"],
  [2, "digest", "string"],
  [3, "size", "int64"],
  [5, "annotations", "string", "map", "string"],
]);

export interface BuildResultInfo {
  resultDeprecated?: Descriptor | undefined;
  attestations: Descriptor[];
  results: Record<string, Descriptor>;
}
export const BuildResultInfo: MessageType<BuildResultInfo> = message("moby.buildkit.v1.BuildResultInfo", () => [
  [1, "resultDeprecated", Descriptor],
  [2, "attestations", Descriptor, "many"],
  [3, "results", Descriptor, "map", "int64"],
]);

export interface Exporter {
  type: string;
  attrs: Record<string, string>;
}
export const Exporter: MessageType<Exporter> = message("moby.buildkit.v1.Exporter", () => [
  [1, "type", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export type InfoRequest = Record<never, never>;
export const InfoRequest: MessageType<InfoRequest> = message("moby.buildkit.v1.InfoRequest", () => []);

export type UpdateBuildHistoryResponse = Record<never, never>;
export const UpdateBuildHistoryResponse: MessageType<UpdateBuildHistoryResponse> = message("moby.buildkit.v1.UpdateBuildHistoryResponse", () => []);

export const Control: {
  readonly diskUsage: Method<DiskUsageRequest, DiskUsageResponse>;
  readonly prune: Method<PruneRequest, UsageRecord>;
  readonly solve: Method<SolveRequest, SolveResponse>;
  readonly status: Method<StatusRequest, StatusResponse>;
  readonly session: Method<BytesMessage, BytesMessage>;
  readonly listWorkers: Method<ListWorkersRequest, ListWorkersResponse>;
  readonly info: Method<InfoRequest, InfoResponse>;
  readonly listenBuildHistory: Method<BuildHistoryRequest, BuildHistoryEvent>;
  readonly updateBuildHistory: Method<UpdateBuildHistoryRequest, UpdateBuildHistoryResponse>;
} = {
  diskUsage: { path: "/moby.buildkit.v1.Control/DiskUsage", kind: "unary", request: DiskUsageRequest, response: DiskUsageResponse },
  prune: { path: "/moby.buildkit.v1.Control/Prune", kind: "server-stream", request: PruneRequest, response: UsageRecord },
  solve: { path: "/moby.buildkit.v1.Control/Solve", kind: "unary", request: SolveRequest, response: SolveResponse },
  status: { path: "/moby.buildkit.v1.Control/Status", kind: "server-stream", request: StatusRequest, response: StatusResponse },
  session: { path: "/moby.buildkit.v1.Control/Session", kind: "bidi", request: BytesMessage, response: BytesMessage },
  listWorkers: { path: "/moby.buildkit.v1.Control/ListWorkers", kind: "unary", request: ListWorkersRequest, response: ListWorkersResponse },
  info: { path: "/moby.buildkit.v1.Control/Info", kind: "unary", request: InfoRequest, response: InfoResponse },
  listenBuildHistory: { path: "/moby.buildkit.v1.Control/ListenBuildHistory", kind: "server-stream", request: BuildHistoryRequest, response: BuildHistoryEvent },
  updateBuildHistory: { path: "/moby.buildkit.v1.Control/UpdateBuildHistory", kind: "unary", request: UpdateBuildHistoryRequest, response: UpdateBuildHistoryResponse },
};
