/**
 * The services as generated from `proto/`, for whoever serves them or speaks Connect in full. The CLI does not load
 * these: it uses the lean client, for the sake of its start-up time.
 */
export * as buildV1 from "./gen/depot/build/v1/build_pb.js";
export * as registryV1 from "./gen/depot/build/v1/registry_pb.js";
export * as buildkitV1 from "./gen/depot/buildkit/v1/buildkit_pb.js";
export * as cliV1 from "./gen/depot/cli/v1/build_pb.js";
export * as cliPushV1 from "./gen/depot/cli/v1/push_pb.js";
export * as cliLoginV1beta1 from "./gen/depot/cli/v1beta1/login_pb.js";
export * as cliProjectsV1beta1 from "./gen/depot/cli/v1beta1/projects_pb.js";
export * as coreBuildV1 from "./gen/depot/core/v1/build_pb.js";
export * as coreOrganizationV1 from "./gen/depot/core/v1/organization_pb.js";
export * as coreProjectV1 from "./gen/depot/core/v1/project_pb.js";
export * as coreUsageV1 from "./gen/depot/core/v1/usage_pb.js";
export * as controlV1 from "./gen/moby/buildkit/v1/control_pb.js";
export * as imagesV1 from "./gen/opendepot/v1/images_pb.js";
