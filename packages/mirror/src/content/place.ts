import type { Place } from "../metadata/content-store.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** A repository of an upstream, as somebody sees it. */
export interface Source extends Place {
  readonly upstream: Upstream;
}

/** How far a look at the upstream may go. */
export const LOOK_MS = 10_000;
