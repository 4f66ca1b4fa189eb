import { anySignal, systemClock } from "@opendepot/base";
import type { StatusSink } from "@opendepot/buildkit";
import type { CliContext } from "../cli-context.ts";
import type { Lease } from "../run/lease.ts";
import type { LoadTarget } from "../run/load-target.ts";
import type { BuilderPart } from "../run/parts.ts";
import type { MetadataProvenance } from "../run/provenance.ts";
import { runBuild } from "../run/run-build.ts";
import { runTarget, type TargetResult } from "../run/run-target.ts";
import type { TargetServices } from "../run/services.ts";
import { SharedFolders } from "../run/shared-folders.ts";
import { TargetFailure } from "../run/target-failure.ts";
import { TargetLinks } from "../run/target-links.ts";
import { TargetNames } from "../run/target-names.ts";
import type { Turns } from "../run/turns.ts";
import type { Lint } from "../subrequest/lint-level.ts";
import { toSolveRequest } from "../target/solve-request.ts";
import type { BakedTarget } from "./to-target.ts";

/** A target with what it is built with. */
export interface PlannedTarget extends BakedTarget {
  readonly parts: readonly BuilderPart[];
  readonly services: TargetServices;
  readonly load: LoadTarget | undefined;
}

/** The targets of one project on their way to its builders. */
export interface ProjectRun {
  readonly targets: readonly PlannedTarget[];
  readonly lease: Lease;
  readonly display: StatusSink;
  readonly context: CliContext;
  readonly lint: Lint | undefined;
  /** How much of the provenance is told with the results. */
  readonly provenance: MetadataProvenance;
  /** Whether steps are told with the names of their targets. */
  readonly isNamed: boolean;
  /** Loads into Docker take turns. */
  readonly loads: Turns;
  /** Aborts when another project's target has failed. */
  readonly signal: AbortSignal;
}

/**
 * Builds all targets of a project as one build; a failed one stops the others.
 *
 * @throws {TargetFailure} with the target's name; the reason on abort
 */
export async function runProject(run: ProjectRun): Promise<TargetResult[]> {
  const { targets, lease, display, context, isNamed } = run;
  const around = { ...context, signal: anySignal(context.signal, run.signal) };
  return await runBuild({ lease, display, clock: systemClock, context: around }, async (build) => {
    const stop = new AbortController();
    const signal = anySignal(build.signal, stop.signal);
    const names = new TargetNames();
    const links = new TargetLinks(
      targets.map(({ target, links: of, parts }) => ({
        name: target.name,
        links: of,
        architectures: parts.map(({ architecture }) => architecture),
      })),
      signal,
    );
    await using folders = new SharedFolders(targets.map(foldersOf), context);
    const running = targets.map(async ({ target, parts, services, load, call }) => {
      const shown = isNamed ? names.prefix(display, target.name) : display;
      try {
        const { lint, provenance } = run;
        const asked = { target, parts, services, load, call, lint, provenance, neighbours: { links, folders } };
        const own = { ...build, display: shown, signal, context: { ...build.context, signal } };
        return await runTarget({ ...asked, loads: run.loads }, own);
      } catch (error) {
        const failure = isNamed && !signal.aborted ? new TargetFailure(target.name, error) : error;
        stop.abort(failure);
        throw failure;
      }
    });
    try {
      return await Promise.all(running);
    } catch (error) {
      await Promise.allSettled(running);
      throw error;
    }
  });
}

/** The folders that a target reads, as far as they are known before it is prepared. */
function foldersOf({ target }: PlannedTarget): ReturnType<typeof toSolveRequest> {
  const around = { hostName: "", platforms: [], isPart: false, proxyArgs: {}, vcsAttrs: {}, inputs: { layouts: {} } };
  return toSolveRequest(target, around);
}
