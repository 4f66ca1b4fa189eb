export { builderContent } from "./builder-content.ts";
export { loadImage } from "./load-image.ts";
export { type LocalDocker, openLocalDocker } from "./local-docker.ts";
export { showProgress } from "./show-progress.ts";
