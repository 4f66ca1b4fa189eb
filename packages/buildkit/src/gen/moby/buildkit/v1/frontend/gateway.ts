// Generated from proto/moby/buildkit/v1/frontend/gateway.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../../wire/message.ts";
import { APICap } from "../apicaps/caps.ts";
import { Definition, HostIP, Meta, Mount, NetMode, Platform, Range, SecretEnv, SecurityMode, SourceInfo, SourceOp, WorkerConstraints } from "../../../../pb/ops.ts";
import { Policy } from "../sourcepolicy/policy.ts";
import { Stat } from "../../../../fsutil/types/wire.ts";
import { Status } from "../../../../google/rpc/status.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { WorkerRecord } from "../types/worker.ts";

export const AttestationKind = {
  InToto: 0,
  Bundle: 1,
} as const;
export type AttestationKind = number;

export const InTotoSubjectKind = {
  Self: 0,
  Raw: 1,
} as const;
export type InTotoSubjectKind = number;

export const ChecksumRequest_ChecksumAlgo = {
  CHECKSUM_ALGO_SHA256: 0,
  CHECKSUM_ALGO_SHA384: 1,
  CHECKSUM_ALGO_SHA512: 2,
} as const;
export type ChecksumRequest_ChecksumAlgo = number;

export interface Result {
  metadata: Record<string, Uint8Array>;
  attestations: Record<string, Attestations>;
  refDeprecated?: string | undefined;
  refsDeprecated?: RefMapDeprecated | undefined;
  ref?: Ref | undefined;
  refs?: RefMap | undefined;
}
export const Result: MessageType<Result> = message("moby.buildkit.v1.frontend.Result", () => [
  [1, "refDeprecated", "string", "optional"],
  [2, "refsDeprecated", RefMapDeprecated],
  [3, "ref", Ref],
  [4, "refs", RefMap],
  [10, "metadata", "bytes", "map", "string"],
  [12, "attestations", Attestations, "map", "string"],
]);

export interface RefMapDeprecated {
  refs: Record<string, string>;
}
export const RefMapDeprecated: MessageType<RefMapDeprecated> = message("moby.buildkit.v1.frontend.RefMapDeprecated", () => [
  [1, "refs", "string", "map", "string"],
]);

export interface Ref {
  id: string;
  def?: Definition | undefined;
}
export const Ref: MessageType<Ref> = message("moby.buildkit.v1.frontend.Ref", () => [
  [1, "id", "string"],
  [2, "def", Definition],
]);

export interface RefMap {
  refs: Record<string, Ref>;
}
export const RefMap: MessageType<RefMap> = message("moby.buildkit.v1.frontend.RefMap", () => [
  [1, "refs", Ref, "map", "string"],
]);

export interface Attestations {
  attestation: Attestation[];
}
export const Attestations: MessageType<Attestations> = message("moby.buildkit.v1.frontend.Attestations", () => [
  [1, "attestation", Attestation, "many"],
]);

export interface Attestation {
  kind: AttestationKind;
  metadata: Record<string, Uint8Array>;
  ref?: Ref | undefined;
  path: string;
  inTotoPredicateType: string;
  inTotoSubjects: InTotoSubject[];
}
export const Attestation: MessageType<Attestation> = message("moby.buildkit.v1.frontend.Attestation", () => [
  [1, "kind", "enum"],
  [2, "metadata", "bytes", "map", "string"],
  [3, "ref", Ref],
  [4, "path", "string"],
  [5, "inTotoPredicateType", "string"],
  [6, "inTotoSubjects", InTotoSubject, "many"],
]);

export interface InTotoSubject {
  kind: InTotoSubjectKind;
  digest: string[];
  name: string;
}
export const InTotoSubject: MessageType<InTotoSubject> = message("moby.buildkit.v1.frontend.InTotoSubject", () => [
  [1, "kind", "enum"],
  [2, "digest", "string", "many"],
  [3, "name", "string"],
]);

export interface ReturnRequest {
  result?: Result | undefined;
  error?: Status | undefined;
}
export const ReturnRequest: MessageType<ReturnRequest> = message("moby.buildkit.v1.frontend.ReturnRequest", () => [
  [1, "result", Result],
  [2, "error", Status],
]);

export interface InputsResponse {
  definitions: Record<string, Definition>;
}
export const InputsResponse: MessageType<InputsResponse> = message("moby.buildkit.v1.frontend.InputsResponse", () => [
  [1, "definitions", Definition, "map", "string"],
]);

export interface ResolveImageConfigRequest {
  ref: string;
  platform?: Platform | undefined;
  resolveMode: string;
  logName: string;
  resolverType: number;
  sessionId: string;
  storeId: string;
  sourcePolicies: Policy[];
}
export const ResolveImageConfigRequest: MessageType<ResolveImageConfigRequest> = message("moby.buildkit.v1.frontend.ResolveImageConfigRequest", () => [
  [1, "ref", "string"],
  [2, "platform", Platform],
  [3, "resolveMode", "string"],
  [4, "logName", "string"],
  [5, "resolverType", "int32"],
  [6, "sessionId", "string"],
  [7, "storeId", "string"],
  [8, "sourcePolicies", Policy, "many"],
]);

export interface ResolveImageConfigResponse {
  digest: string;
  config: Uint8Array;
  ref: string;
}
export const ResolveImageConfigResponse: MessageType<ResolveImageConfigResponse> = message("moby.buildkit.v1.frontend.ResolveImageConfigResponse", () => [
  [1, "digest", "string"],
  [2, "config", "bytes"],
  [3, "ref", "string"],
]);

export interface ResolveSourceMetaRequest {
  source?: SourceOp | undefined;
  platform?: Platform | undefined;
  logName: string;
  resolveMode: string;
  git?: ResolveSourceGitRequest | undefined;
  image?: ResolveSourceImageRequest | undefined;
  http?: ResolveSourceHTTPRequest | undefined;
  sourcePolicies: Policy[];
}
export const ResolveSourceMetaRequest: MessageType<ResolveSourceMetaRequest> = message("moby.buildkit.v1.frontend.ResolveSourceMetaRequest", () => [
  [1, "source", SourceOp],
  [2, "platform", Platform],
  [3, "logName", "string"],
  [4, "resolveMode", "string"],
  [5, "git", ResolveSourceGitRequest],
  [6, "image", ResolveSourceImageRequest],
  [7, "http", ResolveSourceHTTPRequest],
  [8, "sourcePolicies", Policy, "many"],
]);

export interface ResolveSourceMetaResponse {
  source?: SourceOp | undefined;
  image?: ResolveSourceImageResponse | undefined;
  git?: ResolveSourceGitResponse | undefined;
  http?: ResolveSourceHTTPResponse | undefined;
}
export const ResolveSourceMetaResponse: MessageType<ResolveSourceMetaResponse> = message("moby.buildkit.v1.frontend.ResolveSourceMetaResponse", () => [
  [1, "source", SourceOp],
  [2, "image", ResolveSourceImageResponse],
  [3, "git", ResolveSourceGitResponse],
  [4, "http", ResolveSourceHTTPResponse],
]);

export interface ResolveSourceImageRequest {
  noConfig: boolean;
  attestationChain: boolean;
  resolveAttestations: string[];
}
export const ResolveSourceImageRequest: MessageType<ResolveSourceImageRequest> = message("moby.buildkit.v1.frontend.ResolveSourceImageRequest", () => [
  [1, "noConfig", "bool"],
  [2, "attestationChain", "bool"],
  [3, "resolveAttestations", "string", "many"],
]);

export interface AttestationChain {
  root: string;
  imageManifest: string;
  attestationManifest: string;
  signatureManifests: string[];
  blobs: Record<string, Blob>;
}
export const AttestationChain: MessageType<AttestationChain> = message("moby.buildkit.v1.frontend.AttestationChain", () => [
  [1, "root", "string"],
  [2, "imageManifest", "string"],
  [3, "attestationManifest", "string"],
  [4, "signatureManifests", "string", "many"],
  [5, "blobs", Blob, "map", "string"],
]);

export interface ResolveSourceImageResponse {
  digest: string;
  config: Uint8Array;
  attestationChain?: AttestationChain | undefined;
}
export const ResolveSourceImageResponse: MessageType<ResolveSourceImageResponse> = message("moby.buildkit.v1.frontend.ResolveSourceImageResponse", () => [
  [1, "digest", "string"],
  [2, "config", "bytes"],
  [3, "attestationChain", AttestationChain],
]);

export interface ResolveSourceGitRequest {
  returnObject: boolean;
}
export const ResolveSourceGitRequest: MessageType<ResolveSourceGitRequest> = message("moby.buildkit.v1.frontend.ResolveSourceGitRequest", () => [
  [1, "returnObject", "bool"],
]);

export interface ResolveSourceGitResponse {
  checksum: string;
  ref: string;
  commitChecksum: string;
  commitObject: Uint8Array;
  tagObject: Uint8Array;
}
export const ResolveSourceGitResponse: MessageType<ResolveSourceGitResponse> = message("moby.buildkit.v1.frontend.ResolveSourceGitResponse", () => [
  [1, "checksum", "string"],
  [2, "ref", "string"],
  [3, "commitChecksum", "string"],
  [4, "commitObject", "bytes"],
  [5, "tagObject", "bytes"],
]);

export interface ResolveSourceHTTPResponse {
  checksum: string;
  filename: string;
  lastModified?: Timestamp | undefined;
  checksumResponse?: ChecksumResponse | undefined;
}
export const ResolveSourceHTTPResponse: MessageType<ResolveSourceHTTPResponse> = message("moby.buildkit.v1.frontend.ResolveSourceHTTPResponse", () => [
  [1, "checksum", "string"],
  [2, "filename", "string"],
  [3, "lastModified", Timestamp],
  [4, "checksumResponse", ChecksumResponse],
]);

export interface ResolveSourceHTTPRequest {
  checksumRequest?: ChecksumRequest | undefined;
}
export const ResolveSourceHTTPRequest: MessageType<ResolveSourceHTTPRequest> = message("moby.buildkit.v1.frontend.ResolveSourceHTTPRequest", () => [
  [1, "checksumRequest", ChecksumRequest],
]);

export interface ChecksumRequest {
  algo: ChecksumRequest_ChecksumAlgo;
  suffix: Uint8Array;
}
export const ChecksumRequest: MessageType<ChecksumRequest> = message("moby.buildkit.v1.frontend.ChecksumRequest", () => [
  [1, "algo", "enum"],
  [2, "suffix", "bytes"],
]);

export interface ChecksumResponse {
  digest: string;
  suffix: Uint8Array;
}
export const ChecksumResponse: MessageType<ChecksumResponse> = message("moby.buildkit.v1.frontend.ChecksumResponse", () => [
  [1, "digest", "string"],
  [2, "suffix", "bytes"],
]);

export interface SolveRequest {
  definition?: Definition | undefined;
  frontend: string;
  frontendOpt: Record<string, string>;
  allowResultReturn: boolean;
  allowResultArrayRef: boolean;
  final: boolean;
  exporterAttr: Uint8Array;
  cacheImports: CacheOptionsEntry[];
  frontendInputs: Record<string, Definition>;
  evaluate: boolean;
  sourcePolicies: Policy[];
}
export const SolveRequest: MessageType<SolveRequest> = message("moby.buildkit.v1.frontend.SolveRequest", () => [
  [1, "definition", Definition],
  [2, "frontend", "string"],
  [3, "frontendOpt", "string", "map", "string"],
  [5, "allowResultReturn", "bool"],
  [6, "allowResultArrayRef", "bool"],
  [10, "final", "bool"],
  [11, "exporterAttr", "bytes"],
  [12, "cacheImports", CacheOptionsEntry, "many"],
  [13, "frontendInputs", Definition, "map", "string"],
  [14, "evaluate", "bool"],
  [15, "sourcePolicies", Policy, "many"],
]);

export interface CacheOptionsEntry {
  type: string;
  attrs: Record<string, string>;
}
export const CacheOptionsEntry: MessageType<CacheOptionsEntry> = message("moby.buildkit.v1.frontend.CacheOptionsEntry", () => [
  [1, "type", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export interface SolveResponse {
  ref: string;
  result?: Result | undefined;
}
export const SolveResponse: MessageType<SolveResponse> = message("moby.buildkit.v1.frontend.SolveResponse", () => [
  [1, "ref", "string"],
  [3, "result", Result],
]);

export interface ReadFileRequest {
  ref: string;
  filePath: string;
  range?: FileRange | undefined;
  mountIndex: number;
}
export const ReadFileRequest: MessageType<ReadFileRequest> = message("moby.buildkit.v1.frontend.ReadFileRequest", () => [
  [1, "ref", "string"],
  [2, "filePath", "string"],
  [3, "range", FileRange],
  [4, "mountIndex", "int32"],
]);

export interface FileRange {
  offset: bigint;
  length: bigint;
}
export const FileRange: MessageType<FileRange> = message("moby.buildkit.v1.frontend.FileRange", () => [
  [1, "offset", "int64"],
  [2, "length", "int64"],
]);

export interface ReadFileResponse {
  data: Uint8Array;
}
export const ReadFileResponse: MessageType<ReadFileResponse> = message("moby.buildkit.v1.frontend.ReadFileResponse", () => [
  [1, "data", "bytes"],
]);

export interface ReadDirRequest {
  ref: string;
  dirPath: string;
  includePattern: string;
  mountIndex: number;
}
export const ReadDirRequest: MessageType<ReadDirRequest> = message("moby.buildkit.v1.frontend.ReadDirRequest", () => [
  [1, "ref", "string"],
  [2, "dirPath", "string"],
  [3, "includePattern", "string"],
  [4, "mountIndex", "int32"],
]);

export interface ReadDirResponse {
  entries: Stat[];
}
export const ReadDirResponse: MessageType<ReadDirResponse> = message("moby.buildkit.v1.frontend.ReadDirResponse", () => [
  [1, "entries", Stat, "many"],
]);

export interface StatFileRequest {
  ref: string;
  path: string;
  mountIndex: number;
}
export const StatFileRequest: MessageType<StatFileRequest> = message("moby.buildkit.v1.frontend.StatFileRequest", () => [
  [1, "ref", "string"],
  [2, "path", "string"],
  [3, "mountIndex", "int32"],
]);

export interface StatFileResponse {
  stat?: Stat | undefined;
}
export const StatFileResponse: MessageType<StatFileResponse> = message("moby.buildkit.v1.frontend.StatFileResponse", () => [
  [1, "stat", Stat],
]);

export interface EvaluateRequest {
  ref: string;
}
export const EvaluateRequest: MessageType<EvaluateRequest> = message("moby.buildkit.v1.frontend.EvaluateRequest", () => [
  [1, "ref", "string"],
]);

export interface PongResponse {
  frontendApiCaps: APICap[];
  llbCaps: APICap[];
  workers: WorkerRecord[];
}
export const PongResponse: MessageType<PongResponse> = message("moby.buildkit.v1.frontend.PongResponse", () => [
  [1, "frontendApiCaps", APICap, "many"],
  [2, "llbCaps", APICap, "many"],
  [3, "workers", WorkerRecord, "many"],
]);

export interface WarnRequest {
  digest: string;
  level: bigint;
  short: Uint8Array;
  detail: Uint8Array[];
  url: string;
  info?: SourceInfo | undefined;
  ranges: Range[];
}
export const WarnRequest: MessageType<WarnRequest> = message("moby.buildkit.v1.frontend.WarnRequest", () => [
  [1, "digest", "string"],
  [2, "level", "int64"],
  [3, "short", "bytes"],
  [4, "detail", "bytes", "many"],
  [5, "url", "string"],
  [6, "info", SourceInfo],
  [7, "ranges", Range, "many"],
]);

export interface NewContainerRequest {
  containerId: string;
  mounts: Mount[];
  network: NetMode;
  platform?: Platform | undefined;
  constraints?: WorkerConstraints | undefined;
  extraHosts: HostIP[];
  hostname: string;
}
export const NewContainerRequest: MessageType<NewContainerRequest> = message("moby.buildkit.v1.frontend.NewContainerRequest", () => [
  [1, "containerId", "string"],
  [2, "mounts", Mount, "many"],
  [3, "network", "enum"],
  [4, "platform", Platform],
  [5, "constraints", WorkerConstraints],
  [6, "extraHosts", HostIP, "many"],
  [7, "hostname", "string"],
]);

export interface ReleaseContainerRequest {
  containerId: string;
}
export const ReleaseContainerRequest: MessageType<ReleaseContainerRequest> = message("moby.buildkit.v1.frontend.ReleaseContainerRequest", () => [
  [1, "containerId", "string"],
]);

export interface ExecMessage {
  processId: string;
  init?: InitMessage | undefined;
  file?: FdMessage | undefined;
  resize?: ResizeMessage | undefined;
  started?: StartedMessage | undefined;
  exit?: ExitMessage | undefined;
  done?: DoneMessage | undefined;
  signal?: SignalMessage | undefined;
}
export const ExecMessage: MessageType<ExecMessage> = message("moby.buildkit.v1.frontend.ExecMessage", () => [
  [1, "processId", "string"],
  [2, "init", InitMessage],
  [3, "file", FdMessage],
  [4, "resize", ResizeMessage],
  [5, "started", StartedMessage],
  [6, "exit", ExitMessage],
  [7, "done", DoneMessage],
  [8, "signal", SignalMessage],
]);

export interface InitMessage {
  containerId: string;
  meta?: Meta | undefined;
  fds: number[];
  tty: boolean;
  security: SecurityMode;
  secretenv: SecretEnv[];
}
export const InitMessage: MessageType<InitMessage> = message("moby.buildkit.v1.frontend.InitMessage", () => [
  [1, "containerId", "string"],
  [2, "meta", Meta],
  [3, "fds", "uint32", "many"],
  [4, "tty", "bool"],
  [5, "security", "enum"],
  [6, "secretenv", SecretEnv, "many"],
]);

export interface ExitMessage {
  code: number;
  error?: Status | undefined;
}
export const ExitMessage: MessageType<ExitMessage> = message("moby.buildkit.v1.frontend.ExitMessage", () => [
  [1, "code", "uint32"],
  [2, "error", Status],
]);

export interface FdMessage {
  fd: number;
  eof: boolean;
  data: Uint8Array;
}
export const FdMessage: MessageType<FdMessage> = message("moby.buildkit.v1.frontend.FdMessage", () => [
  [1, "fd", "uint32"],
  [2, "eof", "bool"],
  [3, "data", "bytes"],
]);

export interface ResizeMessage {
  rows: number;
  cols: number;
}
export const ResizeMessage: MessageType<ResizeMessage> = message("moby.buildkit.v1.frontend.ResizeMessage", () => [
  [1, "rows", "uint32"],
  [2, "cols", "uint32"],
]);

export interface SignalMessage {
  name: string;
}
export const SignalMessage: MessageType<SignalMessage> = message("moby.buildkit.v1.frontend.SignalMessage", () => [
  [1, "name", "string"],
]);

export interface Blob {
  descriptor?: Descriptor | undefined;
  data: Uint8Array;
}
export const Blob: MessageType<Blob> = message("moby.buildkit.v1.frontend.Blob", () => [
  [1, "descriptor", Descriptor],
  [2, "data", "bytes"],
]);

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: bigint;
  annotations: Record<string, string>;
}
export const Descriptor: MessageType<Descriptor> = message("moby.buildkit.v1.frontend.Descriptor", () => [
  [1, "mediaType", "string"],
  [2, "digest", "string"],
  [3, "size", "int64"],
  [5, "annotations", "string", "map", "string"],
]);

export type StartedMessage = Record<never, never>;
export const StartedMessage: MessageType<StartedMessage> = message("moby.buildkit.v1.frontend.StartedMessage", () => []);

export type DoneMessage = Record<never, never>;
export const DoneMessage: MessageType<DoneMessage> = message("moby.buildkit.v1.frontend.DoneMessage", () => []);

export type EvaluateResponse = Record<never, never>;
export const EvaluateResponse: MessageType<EvaluateResponse> = message("moby.buildkit.v1.frontend.EvaluateResponse", () => []);

export type InputsRequest = Record<never, never>;
export const InputsRequest: MessageType<InputsRequest> = message("moby.buildkit.v1.frontend.InputsRequest", () => []);

export type NewContainerResponse = Record<never, never>;
export const NewContainerResponse: MessageType<NewContainerResponse> = message("moby.buildkit.v1.frontend.NewContainerResponse", () => []);

export type PingRequest = Record<never, never>;
export const PingRequest: MessageType<PingRequest> = message("moby.buildkit.v1.frontend.PingRequest", () => []);

export type ReleaseContainerResponse = Record<never, never>;
export const ReleaseContainerResponse: MessageType<ReleaseContainerResponse> = message("moby.buildkit.v1.frontend.ReleaseContainerResponse", () => []);

export type ReturnResponse = Record<never, never>;
export const ReturnResponse: MessageType<ReturnResponse> = message("moby.buildkit.v1.frontend.ReturnResponse", () => []);

export type WarnResponse = Record<never, never>;
export const WarnResponse: MessageType<WarnResponse> = message("moby.buildkit.v1.frontend.WarnResponse", () => []);

export const LLBBridge: {
  readonly resolveImageConfig: Method<ResolveImageConfigRequest, ResolveImageConfigResponse>;
  readonly resolveSourceMeta: Method<ResolveSourceMetaRequest, ResolveSourceMetaResponse>;
  readonly solve: Method<SolveRequest, SolveResponse>;
  readonly readFile: Method<ReadFileRequest, ReadFileResponse>;
  readonly readDir: Method<ReadDirRequest, ReadDirResponse>;
  readonly statFile: Method<StatFileRequest, StatFileResponse>;
  readonly evaluate: Method<EvaluateRequest, EvaluateResponse>;
  readonly ping: Method<PingRequest, PongResponse>;
  readonly return: Method<ReturnRequest, ReturnResponse>;
  readonly inputs: Method<InputsRequest, InputsResponse>;
  readonly newContainer: Method<NewContainerRequest, NewContainerResponse>;
  readonly releaseContainer: Method<ReleaseContainerRequest, ReleaseContainerResponse>;
  readonly execProcess: Method<ExecMessage, ExecMessage>;
  readonly readFileContainer: Method<ReadFileRequest, ReadFileResponse>;
  readonly readDirContainer: Method<ReadDirRequest, ReadDirResponse>;
  readonly statFileContainer: Method<StatFileRequest, StatFileResponse>;
  readonly warn: Method<WarnRequest, WarnResponse>;
} = {
  resolveImageConfig: { path: "/moby.buildkit.v1.frontend.LLBBridge/ResolveImageConfig", kind: "unary", request: ResolveImageConfigRequest, response: ResolveImageConfigResponse },
  resolveSourceMeta: { path: "/moby.buildkit.v1.frontend.LLBBridge/ResolveSourceMeta", kind: "unary", request: ResolveSourceMetaRequest, response: ResolveSourceMetaResponse },
  solve: { path: "/moby.buildkit.v1.frontend.LLBBridge/Solve", kind: "unary", request: SolveRequest, response: SolveResponse },
  readFile: { path: "/moby.buildkit.v1.frontend.LLBBridge/ReadFile", kind: "unary", request: ReadFileRequest, response: ReadFileResponse },
  readDir: { path: "/moby.buildkit.v1.frontend.LLBBridge/ReadDir", kind: "unary", request: ReadDirRequest, response: ReadDirResponse },
  statFile: { path: "/moby.buildkit.v1.frontend.LLBBridge/StatFile", kind: "unary", request: StatFileRequest, response: StatFileResponse },
  evaluate: { path: "/moby.buildkit.v1.frontend.LLBBridge/Evaluate", kind: "unary", request: EvaluateRequest, response: EvaluateResponse },
  ping: { path: "/moby.buildkit.v1.frontend.LLBBridge/Ping", kind: "unary", request: PingRequest, response: PongResponse },
  return: { path: "/moby.buildkit.v1.frontend.LLBBridge/Return", kind: "unary", request: ReturnRequest, response: ReturnResponse },
  inputs: { path: "/moby.buildkit.v1.frontend.LLBBridge/Inputs", kind: "unary", request: InputsRequest, response: InputsResponse },
  newContainer: { path: "/moby.buildkit.v1.frontend.LLBBridge/NewContainer", kind: "unary", request: NewContainerRequest, response: NewContainerResponse },
  releaseContainer: { path: "/moby.buildkit.v1.frontend.LLBBridge/ReleaseContainer", kind: "unary", request: ReleaseContainerRequest, response: ReleaseContainerResponse },
  execProcess: { path: "/moby.buildkit.v1.frontend.LLBBridge/ExecProcess", kind: "bidi", request: ExecMessage, response: ExecMessage },
  readFileContainer: { path: "/moby.buildkit.v1.frontend.LLBBridge/ReadFileContainer", kind: "unary", request: ReadFileRequest, response: ReadFileResponse },
  readDirContainer: { path: "/moby.buildkit.v1.frontend.LLBBridge/ReadDirContainer", kind: "unary", request: ReadDirRequest, response: ReadDirResponse },
  statFileContainer: { path: "/moby.buildkit.v1.frontend.LLBBridge/StatFileContainer", kind: "unary", request: StatFileRequest, response: StatFileResponse },
  warn: { path: "/moby.buildkit.v1.frontend.LLBBridge/Warn", kind: "unary", request: WarnRequest, response: WarnResponse },
};
