export { builderContent } from "./builder-content.ts";
export { openDockerLoadSink } from "./docker-load-sink.ts";
export { loadImage } from "./load-image.ts";
export { describeFallback, loadObstacle } from "./load-obstacle.ts";
