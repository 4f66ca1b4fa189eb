import type { Renderer } from "./renderer.ts";

/** Shows nothing. */
export function createRenderer(): Renderer {
  return { update() {}, finish() {} };
}
