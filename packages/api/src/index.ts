export { type ApiCallOptions, type ApiClient, type ApiClientOptions, createApiClient } from "./client.ts";
export type { ImageJson } from "./gen/depot/build/v1/registry_pb.js";
export type {
  BuildOptionsJson,
  CreateBuildResponseJson,
  GetBuildKitConnectionResponse_ActiveConnectionJson,
  GetPullInfoResponseJson,
} from "./gen/depot/cli/v1/build_pb.js";
export type { ProjectJson } from "./gen/depot/core/v1/project_pb.js";
export type { StatusResponseJson } from "./gen/moby/buildkit/v1/control_pb.js";
export type { CopyImageResponseJson } from "./gen/opendepot/v1/images_pb.js";
export { type ApiMethod, type ApiStreamMethod, BuildApi, ImageApi, OrganizationApi, ProjectApi } from "./methods.ts";
export type { ApiProblemCode } from "./problems.ts";
