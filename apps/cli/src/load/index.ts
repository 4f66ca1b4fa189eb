export { builderContent } from "./builder-content.ts";
export { loadImage } from "./load-image.ts";
export { loadObstacle } from "./load-obstacle.ts";
export { startSweep } from "./sweep.ts";
