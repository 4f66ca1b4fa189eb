import { dirname, resolve } from "node:path";
import { Problem } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import { type CliContext, variable } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";
import { findProject } from "../settings/project.ts";
import { namedFiles } from "./read-definition.ts";
import type { BakedTarget } from "./to-target.ts";

/** Targets of one project, which are one build. */
export interface ProjectTargets<Of extends BakedTarget = BakedTarget> {
  /** Undefined when the server is to find it by the token. */
  readonly projectId: string | undefined;
  readonly targets: readonly Of[];
}

/**
 * Sorts targets by the project that they are built in: their own, else that of `--project`, `DEPOT_PROJECT_ID` or the
 * `depot.json` nearest to the bake files.
 *
 * @throws {Problem} `project_missing` naming the target, `config_invalid`
 */
export async function groupByProject<Of extends BakedTarget>(
  targets: readonly Of[],
  { invocation, context }: { readonly invocation: Invocation; readonly context: CliContext },
): Promise<ProjectTargets<Of>[]> {
  const fallback = await findBakeProject(invocation, context);
  const isOneNamed = targets.some(({ projectId }) => projectId !== undefined);
  const groups = Map.groupBy(targets, ({ projectId }) => projectId ?? fallback);
  const without = groups.get(undefined)?.[0];
  if (without !== undefined && isOneNamed && !isDirect(invocation, context)) throw projectMissing(without.target.name);
  return [...groups].map(([projectId, its]) => ({ projectId, targets: its }));
}

/**
 * The project of targets that name none: that of `--project`, `DEPOT_PROJECT_ID` or the nearest `depot.json`.
 *
 * @throws {Problem} `config_invalid`
 */
export async function findBakeProject(invocation: Invocation, context: CliContext): Promise<string | undefined> {
  const { environment, cwd, terminal } = context;
  const folders = namedFiles(invocation, context).map((name) => dirname(resolve(cwd, name.replace(/^cwd:\/\//, ""))));
  const found = await findProject({
    flag: invocation.text("project"),
    environment,
    folders: folders.length > 0 ? folders : [cwd],
  });
  if (found?.warning) terminal.warn(found.warning);
  return found?.id;
}

/** Whether an engine was named by its address: then nobody asks for projects. */
export function isDirect(invocation: Invocation, { environment }: Pick<CliContext, "environment">): boolean {
  return Boolean(invocation.text("buildkit-address") ?? variable(environment, "DEPOT_BUILDKIT_ADDRESS"));
}

function projectMissing(name: string): Problem<CliProblemCode> {
  return new Problem(
    "project_missing",
    `Project ID is missing for target ${name}, please specify with --project, DEPOT_PROJECT_ID, or run \`depot init\``,
    { hint: `or set project_id in the target, in compose files x-depot: { project-id: … }` },
  );
}
