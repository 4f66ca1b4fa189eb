export { type HostProcess, listProcesses } from "../host/process-table.ts";
export { buildSmall, type SmallBuild, type SmallBuildResult } from "./build.ts";
export { describeBuilderProvider, type ProviderUnderTest } from "./builder-provider-contract.ts";
export { crashEngine, findEngineProcesses } from "./crash-engine.ts";
