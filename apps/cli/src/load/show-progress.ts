import type { ClientStep } from "@opendepot/buildkit";
import type { DockerProgress } from "@opendepot/docker";

const DONE: ReadonlySet<string> = new Set(["Pull complete", "Already exists", "Download complete"]);

/** Shows what Docker says of each layer as parts of a step. */
export function showProgress(step: ClientStep, { id, status, current, total }: DockerProgress): void {
  if (id === undefined || status.startsWith("Pulling from ")) return; // that is about the whole image
  const amounts = { ...(current !== undefined && { current }), ...(total !== undefined && { total }) };
  step.status(id, { ...amounts, isDone: DONE.has(status) });
}
