// Generated from proto/pb/ops.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../wire/message.ts";

export const NetMode = {
  UNSET: 0,
  HOST: 1,
  NONE: 2,
} as const;
export type NetMode = number;

export const SecurityMode = {
  SANDBOX: 0,
  INSECURE: 1,
} as const;
export type SecurityMode = number;

export const MountType = {
  BIND: 0,
  SECRET: 1,
  SSH: 2,
  CACHE: 3,
  TMPFS: 4,
} as const;
export type MountType = number;

export const MountContentCache = {
  DEFAULT: 0,
  ON: 1,
  OFF: 2,
} as const;
export type MountContentCache = number;

export const CacheSharingOpt = {
  SHARED: 0,
  PRIVATE: 1,
  LOCKED: 2,
} as const;
export type CacheSharingOpt = number;

export interface Op {
  inputs: Input[];
  platform?: Platform | undefined;
  constraints?: WorkerConstraints | undefined;
  exec?: ExecOp | undefined;
  source?: SourceOp | undefined;
  file?: FileOp | undefined;
  build?: BuildOp | undefined;
  merge?: MergeOp | undefined;
  diff?: DiffOp | undefined;
  passthrough?: PassthroughOp | undefined;
}
export const Op: MessageType<Op> = message("pb.Op", () => [
  [1, "inputs", Input, "many"],
  [2, "exec", ExecOp],
  [3, "source", SourceOp],
  [4, "file", FileOp],
  [5, "build", BuildOp],
  [6, "merge", MergeOp],
  [7, "diff", DiffOp],
  [8, "passthrough", PassthroughOp],
  [10, "platform", Platform],
  [11, "constraints", WorkerConstraints],
]);

export interface Platform {
  architecture: string;
  os: string;
  variant: string;
  osVersion: string;
  osFeatures: string[];
}
export const Platform: MessageType<Platform> = message("pb.Platform", () => [
  [1, "architecture", "string"],
  [2, "os", "string"],
  [3, "variant", "string"],
  [4, "osVersion", "string"],
  [5, "osFeatures", "string", "many"],
]);

export interface Input {
  digest: string;
  index: bigint;
}
export const Input: MessageType<Input> = message("pb.Input", () => [
  [1, "digest", "string"],
  [2, "index", "int64"],
]);

export interface ExecOp {
  meta?: Meta | undefined;
  mounts: Mount[];
  network: NetMode;
  security: SecurityMode;
  secretenv: SecretEnv[];
  cdiDevices: CDIDevice[];
}
export const ExecOp: MessageType<ExecOp> = message("pb.ExecOp", () => [
  [1, "meta", Meta],
  [2, "mounts", Mount, "many"],
  [3, "network", "enum"],
  [4, "security", "enum"],
  [5, "secretenv", SecretEnv, "many"],
  [6, "cdiDevices", CDIDevice, "many"],
]);

export interface Meta {
  args: string[];
  env: string[];
  cwd: string;
  user: string;
  proxyEnv?: ProxyEnv | undefined;
  extraHosts: HostIP[];
  hostname: string;
  ulimit: Ulimit[];
  cgroupParent: string;
  removeMountStubsRecursive: boolean;
  validExitCodes: number[];
}
export const Meta: MessageType<Meta> = message("pb.Meta", () => [
  [1, "args", "string", "many"],
  [2, "env", "string", "many"],
  [3, "cwd", "string"],
  [4, "user", "string"],
  [5, "proxyEnv", ProxyEnv],
  [6, "extraHosts", HostIP, "many"],
  [7, "hostname", "string"],
  [9, "ulimit", Ulimit, "many"],
  [10, "cgroupParent", "string"],
  [11, "removeMountStubsRecursive", "bool"],
  [12, "validExitCodes", "int32", "many"],
]);

export interface HostIP {
  host: string;
  ip: string;
}
export const HostIP: MessageType<HostIP> = message("pb.HostIP", () => [
  [1, "host", "string"],
  [2, "ip", "string"],
]);

export interface Ulimit {
  name: string;
  soft: bigint;
  hard: bigint;
}
export const Ulimit: MessageType<Ulimit> = message("pb.Ulimit", () => [
  [1, "name", "string"],
  [2, "soft", "int64"],
  [3, "hard", "int64"],
]);

export interface SecretEnv {
  id: string;
  name: string;
  optional: boolean;
}
export const SecretEnv: MessageType<SecretEnv> = message("pb.SecretEnv", () => [
  [1, "id", "string"],
  [2, "name", "string"],
  [3, "optional", "bool"],
]);

export interface CDIDevice {
  name: string;
  optional: boolean;
}
export const CDIDevice: MessageType<CDIDevice> = message("pb.CDIDevice", () => [
  [1, "name", "string"],
  [2, "optional", "bool"],
]);

export interface Mount {
  input: bigint;
  selector: string;
  dest: string;
  output: bigint;
  readonly: boolean;
  mountType: MountType;
  tmpfsOpt?: TmpfsOpt | undefined;
  cacheOpt?: CacheOpt | undefined;
  secretOpt?: SecretOpt | undefined;
  sshOpt?: SSHOpt | undefined;
  resultId: string;
  contentCache: MountContentCache;
}
export const Mount: MessageType<Mount> = message("pb.Mount", () => [
  [1, "input", "int64"],
  [2, "selector", "string"],
  [3, "dest", "string"],
  [4, "output", "int64"],
  [5, "readonly", "bool"],
  [6, "mountType", "enum"],
  [19, "tmpfsOpt", TmpfsOpt],
  [20, "cacheOpt", CacheOpt],
  [21, "secretOpt", SecretOpt],
  [22, "sshOpt", SSHOpt],
  [23, "resultId", "string"],
  [24, "contentCache", "enum"],
]);

export interface TmpfsOpt {
  size: bigint;
}
export const TmpfsOpt: MessageType<TmpfsOpt> = message("pb.TmpfsOpt", () => [
  [1, "size", "int64"],
]);

export interface CacheOpt {
  id: string;
  sharing: CacheSharingOpt;
}
export const CacheOpt: MessageType<CacheOpt> = message("pb.CacheOpt", () => [
  [1, "id", "string"],
  [2, "sharing", "enum"],
]);

export interface SecretOpt {
  id: string;
  uid: number;
  gid: number;
  mode: number;
  optional: boolean;
}
export const SecretOpt: MessageType<SecretOpt> = message("pb.SecretOpt", () => [
  [1, "id", "string"],
  [2, "uid", "uint32"],
  [3, "gid", "uint32"],
  [4, "mode", "uint32"],
  [5, "optional", "bool"],
]);

export interface SSHOpt {
  id: string;
  uid: number;
  gid: number;
  mode: number;
  optional: boolean;
}
export const SSHOpt: MessageType<SSHOpt> = message("pb.SSHOpt", () => [
  [1, "id", "string"],
  [2, "uid", "uint32"],
  [3, "gid", "uint32"],
  [4, "mode", "uint32"],
  [5, "optional", "bool"],
]);

export interface SourceOp {
  identifier: string;
  attrs: Record<string, string>;
}
export const SourceOp: MessageType<SourceOp> = message("pb.SourceOp", () => [
  [1, "identifier", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export interface BuildOp {
  builder: bigint;
  inputs: Record<string, BuildInput>;
  def?: Definition | undefined;
  attrs: Record<string, string>;
}
export const BuildOp: MessageType<BuildOp> = message("pb.BuildOp", () => [
  [1, "builder", "int64"],
  [2, "inputs", BuildInput, "map", "string"],
  [3, "def", Definition],
  [4, "attrs", "string", "map", "string"],
]);

export interface BuildInput {
  input: bigint;
}
export const BuildInput: MessageType<BuildInput> = message("pb.BuildInput", () => [
  [1, "input", "int64"],
]);

export interface OpMetadata {
  ignoreCache: boolean;
  description: Record<string, string>;
  exportCache?: ExportCache | undefined;
  caps: Record<string, boolean>;
  progressGroup?: ProgressGroup | undefined;
  linuxResources?: LinuxResources | undefined;
}
export const OpMetadata: MessageType<OpMetadata> = message("pb.OpMetadata", () => [
  [1, "ignoreCache", "bool"],
  [2, "description", "string", "map", "string"],
  [4, "exportCache", ExportCache],
  [5, "caps", "bool", "map", "string"],
  [6, "progressGroup", ProgressGroup],
  [7, "linuxResources", LinuxResources],
]);

export interface Source {
  locations: Record<string, Locations>;
  infos: SourceInfo[];
}
export const Source: MessageType<Source> = message("pb.Source", () => [
  [1, "locations", Locations, "map", "string"],
  [2, "infos", SourceInfo, "many"],
]);

export interface Locations {
  locations: Location[];
}
export const Locations: MessageType<Locations> = message("pb.Locations", () => [
  [1, "locations", Location, "many"],
]);

export interface SourceInfo {
  filename: string;
  data: Uint8Array;
  definition?: Definition | undefined;
  language: string;
}
export const SourceInfo: MessageType<SourceInfo> = message("pb.SourceInfo", () => [
  [1, "filename", "string"],
  [2, "data", "bytes"],
  [3, "definition", Definition],
  [4, "language", "string"],
]);

export interface Location {
  sourceIndex: number;
  ranges: Range[];
}
export const Location: MessageType<Location> = message("pb.Location", () => [
  [1, "sourceIndex", "int32"],
  [2, "ranges", Range, "many"],
]);

export interface Range {
  start?: Position | undefined;
  end?: Position | undefined;
}
export const Range: MessageType<Range> = message("pb.Range", () => [
  [1, "start", Position],
  [2, "end", Position],
]);

export interface Position {
  line: number;
  character: number;
}
export const Position: MessageType<Position> = message("pb.Position", () => [
  [1, "line", "int32"],
  [2, "character", "int32"],
]);

export interface ExportCache {
  value: boolean;
}
export const ExportCache: MessageType<ExportCache> = message("pb.ExportCache", () => [
  [1, "value", "bool"],
]);

export interface ProgressGroup {
  id: string;
  name: string;
  weak: boolean;
}
export const ProgressGroup: MessageType<ProgressGroup> = message("pb.ProgressGroup", () => [
  [1, "id", "string"],
  [2, "name", "string"],
  [3, "weak", "bool"],
]);

export interface LinuxResources {
  memory: bigint;
  memorySwap: bigint;
  cpuShares: bigint;
  cpuPeriod: bigint;
  cpuQuota: bigint;
  cpusetCpus: string;
  cpusetMems: string;
}
export const LinuxResources: MessageType<LinuxResources> = message("pb.LinuxResources", () => [
  [1, "memory", "int64"],
  [2, "memorySwap", "int64"],
  [3, "cpuShares", "uint64"],
  [4, "cpuPeriod", "uint64"],
  [5, "cpuQuota", "int64"],
  [6, "cpusetCpus", "string"],
  [7, "cpusetMems", "string"],
]);

export interface ProxyEnv {
  httpProxy: string;
  httpsProxy: string;
  ftpProxy: string;
  noProxy: string;
  allProxy: string;
}
export const ProxyEnv: MessageType<ProxyEnv> = message("pb.ProxyEnv", () => [
  [1, "httpProxy", "string"],
  [2, "httpsProxy", "string"],
  [3, "ftpProxy", "string"],
  [4, "noProxy", "string"],
  [5, "allProxy", "string"],
]);

export interface WorkerConstraints {
  filter: string[];
}
export const WorkerConstraints: MessageType<WorkerConstraints> = message("pb.WorkerConstraints", () => [
  [1, "filter", "string", "many"],
]);

export interface Definition {
  def: Uint8Array[];
  metadata: Record<string, OpMetadata>;
  source?: Source | undefined;
}
export const Definition: MessageType<Definition> = message("pb.Definition", () => [
  [1, "def", "bytes", "many"],
  [2, "metadata", OpMetadata, "map", "string"],
  [3, "source", Source],
]);

export interface FileOp {
  actions: FileAction[];
}
export const FileOp: MessageType<FileOp> = message("pb.FileOp", () => [
  [2, "actions", FileAction, "many"],
]);

export interface FileAction {
  input: bigint;
  secondaryInput: bigint;
  output: bigint;
  copy?: FileActionCopy | undefined;
  mkfile?: FileActionMkFile | undefined;
  mkdir?: FileActionMkDir | undefined;
  rm?: FileActionRm | undefined;
  symlink?: FileActionSymlink | undefined;
}
export const FileAction: MessageType<FileAction> = message("pb.FileAction", () => [
  [1, "input", "int64"],
  [2, "secondaryInput", "int64"],
  [3, "output", "int64"],
  [4, "copy", FileActionCopy],
  [5, "mkfile", FileActionMkFile],
  [6, "mkdir", FileActionMkDir],
  [7, "rm", FileActionRm],
  [8, "symlink", FileActionSymlink],
]);

export interface FileActionCopy {
  src: string;
  dest: string;
  owner?: ChownOpt | undefined;
  mode: number;
  followSymlink: boolean;
  dirCopyContents: boolean;
  attemptUnpackDockerCompatibility: boolean;
  createDestPath: boolean;
  allowWildcard: boolean;
  allowEmptyWildcard: boolean;
  timestamp: bigint;
  includePatterns: string[];
  excludePatterns: string[];
  alwaysReplaceExistingDestPaths: boolean;
  modeStr: string;
  requiredPaths: string[];
}
export const FileActionCopy: MessageType<FileActionCopy> = message("pb.FileActionCopy", () => [
  [1, "src", "string"],
  [2, "dest", "string"],
  [3, "owner", ChownOpt],
  [4, "mode", "int32"],
  [5, "followSymlink", "bool"],
  [6, "dirCopyContents", "bool"],
  [7, "attemptUnpackDockerCompatibility", "bool"],
  [8, "createDestPath", "bool"],
  [9, "allowWildcard", "bool"],
  [10, "allowEmptyWildcard", "bool"],
  [11, "timestamp", "int64"],
  [12, "includePatterns", "string", "many"],
  [13, "excludePatterns", "string", "many"],
  [14, "alwaysReplaceExistingDestPaths", "bool"],
  [15, "modeStr", "string"],
  [16, "requiredPaths", "string", "many"],
]);

export interface FileActionMkFile {
  path: string;
  mode: number;
  data: Uint8Array;
  owner?: ChownOpt | undefined;
  timestamp: bigint;
}
export const FileActionMkFile: MessageType<FileActionMkFile> = message("pb.FileActionMkFile", () => [
  [1, "path", "string"],
  [2, "mode", "int32"],
  [3, "data", "bytes"],
  [4, "owner", ChownOpt],
  [5, "timestamp", "int64"],
]);

export interface FileActionSymlink {
  oldpath: string;
  newpath: string;
  owner?: ChownOpt | undefined;
  timestamp: bigint;
}
export const FileActionSymlink: MessageType<FileActionSymlink> = message("pb.FileActionSymlink", () => [
  [1, "oldpath", "string"],
  [2, "newpath", "string"],
  [3, "owner", ChownOpt],
  [4, "timestamp", "int64"],
]);

export interface FileActionMkDir {
  path: string;
  mode: number;
  makeParents: boolean;
  owner?: ChownOpt | undefined;
  timestamp: bigint;
}
export const FileActionMkDir: MessageType<FileActionMkDir> = message("pb.FileActionMkDir", () => [
  [1, "path", "string"],
  [2, "mode", "int32"],
  [3, "makeParents", "bool"],
  [4, "owner", ChownOpt],
  [5, "timestamp", "int64"],
]);

export interface FileActionRm {
  path: string;
  allowNotFound: boolean;
  allowWildcard: boolean;
}
export const FileActionRm: MessageType<FileActionRm> = message("pb.FileActionRm", () => [
  [1, "path", "string"],
  [2, "allowNotFound", "bool"],
  [3, "allowWildcard", "bool"],
]);

export interface ChownOpt {
  user?: UserOpt | undefined;
  group?: UserOpt | undefined;
}
export const ChownOpt: MessageType<ChownOpt> = message("pb.ChownOpt", () => [
  [1, "user", UserOpt],
  [2, "group", UserOpt],
]);

export interface UserOpt {
  byName?: NamedUserOpt | undefined;
  byId?: number | undefined;
}
export const UserOpt: MessageType<UserOpt> = message("pb.UserOpt", () => [
  [1, "byName", NamedUserOpt],
  [2, "byId", "uint32", "optional"],
]);

export interface NamedUserOpt {
  name: string;
  input: bigint;
}
export const NamedUserOpt: MessageType<NamedUserOpt> = message("pb.NamedUserOpt", () => [
  [1, "name", "string"],
  [2, "input", "int64"],
]);

export interface MergeInput {
  input: bigint;
}
export const MergeInput: MessageType<MergeInput> = message("pb.MergeInput", () => [
  [1, "input", "int64"],
]);

export interface MergeOp {
  inputs: MergeInput[];
}
export const MergeOp: MessageType<MergeOp> = message("pb.MergeOp", () => [
  [1, "inputs", MergeInput, "many"],
]);

export interface LowerDiffInput {
  input: bigint;
}
export const LowerDiffInput: MessageType<LowerDiffInput> = message("pb.LowerDiffInput", () => [
  [1, "input", "int64"],
]);

export interface UpperDiffInput {
  input: bigint;
}
export const UpperDiffInput: MessageType<UpperDiffInput> = message("pb.UpperDiffInput", () => [
  [1, "input", "int64"],
]);

export interface DiffOp {
  lower?: LowerDiffInput | undefined;
  upper?: UpperDiffInput | undefined;
}
export const DiffOp: MessageType<DiffOp> = message("pb.DiffOp", () => [
  [1, "lower", LowerDiffInput],
  [2, "upper", UpperDiffInput],
]);

export interface PassthroughOp {
  id: string;
  outputs: bigint[];
}
export const PassthroughOp: MessageType<PassthroughOp> = message("pb.PassthroughOp", () => [
  [1, "id", "string"],
  [2, "outputs", "int64", "many"],
]);
