export { type DockerAddress, type DockerTls, describeDockerAddress, parseDockerHost } from "./address.ts";
export { type DockerCallOptions, type DockerClient, type DockerOptions, openDocker } from "./client.ts";
export type { DockerDaemon } from "./daemon.ts";
export { type FindDockerOptions, type FoundDocker, findDocker } from "./find-docker.ts";
export type {
  DockerAuth,
  DockerImage,
  ListedImage,
  ListOptions,
  LoadedImages,
  LoadOptions,
  PullOptions,
} from "./images.ts";
export type { DockerProblemCode } from "./problems.ts";
export type { DockerProgress } from "./progress.ts";
