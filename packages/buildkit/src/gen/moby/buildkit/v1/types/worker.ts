// Generated from proto/moby/buildkit/v1/types/worker.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../../../wire/message.ts";
import { Platform } from "../../../../pb/ops.ts";

export interface WorkerRecord {
  id: string;
  labels: Record<string, string>;
  platforms: Platform[];
  gcPolicy: GCPolicy[];
  buildkitVersion?: BuildkitVersion | undefined;
  cdiDevices: CDIDevice[];
}
export const WorkerRecord: MessageType<WorkerRecord> = message("moby.buildkit.v1.types.WorkerRecord", () => [
  [1, "id", "string"],
  [2, "labels", "string", "map", "string"],
  [3, "platforms", Platform, "many"],
  [4, "gcPolicy", GCPolicy, "many"],
  [5, "buildkitVersion", BuildkitVersion],
  [6, "cdiDevices", CDIDevice, "many"],
]);

export interface GCPolicy {
  all: boolean;
  keepDuration: bigint;
  filters: string[];
  reservedSpace: bigint;
  maxUsedSpace: bigint;
  minFreeSpace: bigint;
}
export const GCPolicy: MessageType<GCPolicy> = message("moby.buildkit.v1.types.GCPolicy", () => [
  [1, "all", "bool"],
  [2, "keepDuration", "int64"],
  [3, "reservedSpace", "int64"],
  [4, "filters", "string", "many"],
  [5, "maxUsedSpace", "int64"],
  [6, "minFreeSpace", "int64"],
]);

export interface BuildkitVersion {
  package: string;
  version: string;
  revision: string;
  dockerfileVersion: string;
}
export const BuildkitVersion: MessageType<BuildkitVersion> = message("moby.buildkit.v1.types.BuildkitVersion", () => [
  [1, "package", "string"],
  [2, "version", "string"],
  [3, "revision", "string"],
  [4, "dockerfileVersion", "string"],
]);

export interface CDIDevice {
  name: string;
  autoAllow: boolean;
  annotations: Record<string, string>;
  onDemand: boolean;
}
export const CDIDevice: MessageType<CDIDevice> = message("moby.buildkit.v1.types.CDIDevice", () => [
  [1, "name", "string"],
  [2, "autoAllow", "bool"],
  [3, "annotations", "string", "map", "string"],
  [4, "onDemand", "bool"],
]);
