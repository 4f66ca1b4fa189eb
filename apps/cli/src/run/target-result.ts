import type { Target } from "../target/target.ts";
import type { RunningBuild } from "./run-build.ts";
import type { PartResult } from "./solve-part.ts";

/** The solves of a target, done. */
export interface SolvedTarget {
  readonly target: Target;
  readonly results: readonly PartResult[];
  readonly build: RunningBuild;
}

/** What is told of a target's result: of its only part, or of the image that was joined of several. */
export async function exporterResponseOf({ results }: SolvedTarget): Promise<Readonly<Record<string, string>>> {
  return results[0]?.exporterResponse ?? {};
}
