export { buildkitdEngine } from "./engine/buildkitd.ts";
export { dockerdEngine } from "./engine/dockerd.ts";
export {
  type Engine,
  type EngineKind,
  type EngineStart,
  MAX_RUN_FOLDER_BYTES,
  type RunningEngine,
} from "./engine/engine.ts";
export { clearLeftovers, type PrepareOptions } from "./engine/engine-folders.ts";
export { type FindEngineOptions, findEngine } from "./engine/find-engine.ts";
export { endLeftoverProcesses } from "./engine/leftovers.ts";
export { findExecutable } from "./host/executable.ts";
export { type HostLockOptions, holdHostLock } from "./host/host-lock.ts";
export { makeRunFolder, type RunFolderOptions, runFolderCandidates } from "./host/run-folder.ts";
export {
  type DebianPackagesOptions,
  fetchDebianPackages,
  type PackageVersions,
  packagesUnavailable,
} from "./install/debian-packages.ts";
export {
  architectureUnavailable,
  type BuilderProblemCode,
  cacheResetFailed,
  diskFull,
  engineDied,
  engineMissing,
  engineStartFailed,
  engineStopped,
} from "./problems.ts";
export type {
  Architecture,
  Builder,
  BuilderProvider,
  CachePolicy,
  EngineVersion,
  RegistryHost,
  RegistryMirror,
  RegistryRoutes,
  StartRequest,
} from "./provider.ts";
