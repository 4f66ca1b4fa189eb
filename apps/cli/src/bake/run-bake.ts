import type { Target as BakeTarget, ComposeImages, OverrideGrants } from "@opendepot/bake";
import { readCall } from "@opendepot/buildflags";
import type { ProgressDisplay } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { parseBuildPlatform } from "../build/build-platform.ts";
import { resolveLint } from "../build/lint-flags.ts";
import { resolveProgress } from "../build/progress-mode.ts";
import { resolveSaveTags } from "../build/save-flags.ts";
import { type CliContext, isSwitchedOn } from "../cli-context.ts";
import { toBuildOptions } from "../run/build-options.ts";
import { explainFailure, openDisplay } from "../run/engine-side.ts";
import { checkOutputs } from "../run/exporters.ts";
import type { Lease } from "../run/lease.ts";
import { chooseLoadable, openLoadTarget } from "../run/load-target.ts";
import { metadataWarnings } from "../run/metadata-warnings.ts";
import type { BuilderPart } from "../run/parts.ts";
import { type MetadataProvenance, metadataProvenance } from "../run/provenance.ts";
import type { TargetResult } from "../run/run-target.ts";
import { withSaving } from "../run/saving.ts";
import { createTargetServices } from "../run/services.ts";
import { tellUrl } from "../run/tell-url.ts";
import { Turns } from "../run/turns.ts";
import { openServer } from "../server.ts";
import { checkPrivileges } from "./check-privileges.ts";
import { type LeaseOpening, openLease } from "./open-lease.ts";
import { groupByProject, isDirect, type ProjectTargets } from "./projects.ts";
import type { RemoteDefinition } from "./remote-definition.ts";
import { type PlannedTarget, runProject } from "./run-project.ts";
import { planTargetParts } from "./target-parts.ts";
import { tellResults } from "./tell-results.ts";
import { type BakedTarget, toTarget } from "./to-target.ts";

/** What is to be built. */
export interface BakeRun {
  /** As they are written, by name. */
  readonly written: ReadonlyMap<string, BakeTarget>;
  /** The same, prepared. */
  readonly targets: ReadonlyMap<string, BakeTarget>;
  /** What the command line allows by naming it. */
  readonly grants: OverrideGrants;
  /** Where the definition comes from when it is not from here. */
  readonly remote: RemoteDefinition | undefined;
  readonly images: ComposeImages;
  readonly invocation: Invocation;
  readonly context: CliContext;
}

/** A build for each project, with everything that was opened for it. */
interface ProjectBuild {
  readonly lease: Lease;
  readonly targets: readonly PlannedTarget[];
}

/** As many images are loaded at the same time as the hosted product's command loads. */
const LOADS_AT_ONCE = 3;

/**
 * Builds targets: those of each project as one build, all at the same time.
 *
 * @returns the exit code
 */
export async function runBake(run: BakeRun): Promise<number> {
  const { invocation, context } = run;
  const { progress } = resolveProgress(invocation, context.environment);
  const lint = resolveLint(invocation);
  await checkPrivileges(run.written.values(), run);
  const baked = await bakeTargets(run);
  await using cleanup = new AsyncDisposableStack();
  const planned = await planTargets(baked, { run, cleanup });
  const builds = await openBuilds(planned, { run, cleanup });
  warnAboutMissingOutput(baked, run);
  await using display = await openDisplay(progress, context);
  try {
    const call = readCall(callText(invocation));
    const isTold = Boolean(invocation.text("metadata-file")) && call === undefined;
    const provenance = isTold ? metadataProvenance(context.environment) : "disabled";
    const results = await runBuilds(builds, { context, display, lint, provenance });
    await display.finish();
    const warnings = isTold ? metadataWarnings(display, context.environment) : [];
    const isQuiet = progress === "quiet";
    return await tellResults({ results, warnings, invocation, context, call, isQuiet });
  } catch (error) {
    await display.finish(error);
    const failure = explainFailure(error, progress, context);
    if (failure !== error) for (const { lease } of builds) tellUrl(lease, context);
    throw failure;
  }
}

function callText(invocation: Invocation): string {
  return invocation.switch("check") ? "check" : (invocation.text("call") ?? "");
}

async function bakeTargets({ targets, written, images, remote, invocation, context }: BakeRun): Promise<BakedTarget[]> {
  const sbomFolder = invocation.text("sbom-dir") || undefined;
  const isLocalDeleteAllowed = invocation.list("allow").includes("buildx.local.delete");
  const isSaved = resolveSaveTags(invocation) !== undefined;
  const baking = [...targets.values()].map((target) =>
    toTarget(target, {
      context,
      imageName: images.get(target.name),
      sbomFolder,
      isLocalDeleteAllowed,
      isSaved,
      remote,
      writtenContext: written.get(target.name)?.context,
    }),
  );
  return await Promise.all(baking);
}

interface Opening {
  readonly run: BakeRun;
  /** Takes what has to be closed when all is over. */
  readonly cleanup: AsyncDisposableStack;
}

/** What may be missing on this machine is looked for before a server hears of the build. */
async function planTargets(baked: readonly BakedTarget[], { run, cleanup }: Opening): Promise<PlannedTarget[]> {
  const { invocation, context } = run;
  const chosen = parseBuildPlatform(invocation.text("build-platform") || undefined);
  const only = chosen === "dynamic" ? undefined : chosen;
  const parts = planTargetParts(baked, { host: context.host, only });
  return await Promise.all(
    baked.map(async (one): Promise<PlannedTarget> => {
      const own = parts.get(one.target.name) ?? [];
      const exported = own.filter(({ isForLinks }) => !isForLinks);
      checkOutputs(one.target, exported.length);
      const services = await createTargetServices(one.target, context);
      const load = await openLoadTarget(one.target, context);
      if (load !== undefined) {
        cleanup.use(load);
        chooseLoadable(exported, load.platform);
      }
      return { ...one, parts: own, services, load };
    }),
  );
}

/** One build on the server for each project. */
async function openBuilds(planned: readonly PlannedTarget[], opening: Opening): Promise<ProjectBuild[]> {
  const { invocation, context, remote } = opening.run;
  const groups = await groupByProject(planned, { invocation, context });
  const saveTags = resolveSaveTags(invocation);
  // A build that was opened without targets was not asked to save any.
  const reused = saveTags === undefined ? remote : undefined;
  const isKnown = (group: ProjectTargets) => reused !== undefined && isOfProject(group, reused);
  const isServerNeeded = !isDirect(invocation, context) && !groups.every(isKnown);
  const server = isServerNeeded ? opening.cleanup.use(await openServer(context, invocation.text("token"))) : undefined;
  const leasing = { invocation, context, server, cleanup: opening.cleanup };
  const builds = groups.map(async (group): Promise<ProjectBuild> => {
    if (reused !== undefined && isOfProject(group, reused)) return { lease: reused.lease, targets: group.targets };
    const lease = await leaseFor(group, saveTags, leasing);
    if (saveTags === undefined) return { lease, targets: group.targets };
    const saved = (one: PlannedTarget): PlannedTarget => ({
      ...one,
      target: withSaving({ ...one, lease, isNamed: true }),
    });
    return { lease, targets: group.targets.map((one) => (isSaveable(one) ? saved(one) : one)) };
  });
  const opened = await Promise.all(builds);
  if (saveTags !== undefined) await remote?.lease.finish({ kind: "success" }, FINISH_LIMIT_MS);
  return opened;
}

/** How long telling the server of the end of a build may take that only read a definition. */
const FINISH_LIMIT_MS = 15_000;

/** Whether a target's own image is made: it is no mere context of others, and more than a question. */
function isSaveable({ isLinked, call }: BakedTarget): boolean {
  return !isLinked && call === undefined;
}

/** Whether the build that read the definition is of the same project. */
function isOfProject({ projectId }: ProjectTargets, { projectId: asked, lease }: RemoteDefinition): boolean {
  return projectId === asked || projectId === lease.projectId;
}

async function leaseFor(
  { projectId, targets }: ProjectTargets<PlannedTarget>,
  saveTags: readonly string[] | undefined,
  opening: LeaseOpening,
): Promise<Lease> {
  const architectures = targets.flatMap(({ parts }) => parts.map(({ architecture }: BuilderPart) => architecture));
  const options = targets.map((one) =>
    toBuildOptions(one.target, { command: "COMMAND_BAKE", saveTags: isSaveable(one) ? saveTags : undefined }),
  );
  return await openLease({ projectId, targets: options, architectures }, opening);
}

interface Running {
  readonly context: CliContext;
  readonly display: ProgressDisplay;
  readonly lint: ReturnType<typeof resolveLint>;
  readonly provenance: MetadataProvenance;
}

/** What became of the targets of one project. */
export interface ProjectResults {
  readonly lease: Lease;
  readonly results: readonly TargetResult[];
}

/** Runs the builds at the same time; a failure in one stops the others. */
async function runBuilds(builds: readonly ProjectBuild[], running: Running): Promise<ProjectResults[]> {
  const stop = new AbortController();
  const loads = new Turns(LOADS_AT_ONCE);
  const isNamed = builds.reduce((count, { targets }) => count + targets.length, 0) > 1;
  const all = builds.map(async ({ lease, targets }): Promise<ProjectResults> => {
    try {
      return { lease, results: await runProject({ ...running, lease, targets, isNamed, loads, signal: stop.signal }) };
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  try {
    return await Promise.all(all);
  } catch (error) {
    await Promise.allSettled(all);
    throw error;
  }
}

function warnAboutMissingOutput(baked: readonly BakedTarget[], { invocation, context }: BakeRun): void {
  const names = baked
    .filter(({ isLinked, target, call }) => !isLinked && call === undefined && !target.isOutputNamed)
    .map(({ target }) => target.name);
  const isUnwanted =
    invocation.switch("suppress-no-output-warning") ||
    isSwitchedOn(context.environment, "DEPOT_SUPPRESS_NO_OUTPUT_WARNING");
  if (names.length === 0 || isUnwanted) return;
  context.terminal.warn(
    `no output specified for ${names.join(", ")}: results only stay in the build cache; use --load for the local Docker, --push for a registry, or output in the bake file`,
  );
}
