export { builderContent } from "./builder-content.ts";
export type { ContentSource } from "./content-source.ts";
export { type DockerLoadSink, type DockerLoadSinkOptions, openDockerLoadSink } from "./docker-load-sink.ts";
export { type LoadOptions, type LoadOutcome, loadImage } from "./load-image.ts";
export { describeFallback, type LoadSurroundings, loadObstacle } from "./load-obstacle.ts";
export type { BuiltImage } from "./resolve-image.ts";
