import { type CliContext, isSwitchedOn } from "../cli-context.ts";
import { hostsOf } from "../target/saved-outputs.ts";
import type { Lease } from "./lease.ts";

/** What is told of a build whose images were saved. */
export interface SavedTelling {
  readonly lease: Lease;
  /** Those of a bake; empty for `depot build`. */
  readonly targets: readonly string[];
  readonly isQuiet: boolean;
}

/** Says how to pull and push what was saved, unless `-q` or `DEPOT_NO_SUMMARY_LINK` are set. */
export function tellSaved(
  { lease: { saving, buildId, projectId }, targets, isQuiet }: SavedTelling,
  { environment, terminal }: Pick<CliContext, "environment" | "terminal">,
): void {
  if (saving === undefined || isQuiet || isSwitchedOn(environment, "DEPOT_NO_SUMMARY_LINK")) return;
  const project = `--project ${projectId}`;
  const target = targets.length > 1 ? "--target TARGET " : "";
  terminal.note(
    `\n${terminal.style("bold", "Saved:")} ${targets.length > 0 ? targets.join(", ") : `build ${buildId}`}`,
  );
  terminal.note(`  pull it:  depot pull ${project} ${buildId}`);
  terminal.note(`  push it:  depot push ${project} ${target}-t REGISTRY/IMAGE:TAG ${buildId}`);
  const [, ...byTag] = saving.names;
  if (byTag.length === 0) return;
  const names = targets.length === 0 ? byTag : targets.flatMap((name) => byTag.map((tag) => `${tag}-${name}`));
  terminal.note("  by its tag, with any client:");
  for (const host of hostsOf(byTag)) {
    terminal.note(`    depot pull-token ${project} | docker login ${host} -u x-token --password-stdin`);
  }
  for (const name of names) terminal.note(`    docker pull ${name}`);
}
