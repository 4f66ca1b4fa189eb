import { anySignal } from "@opendepot/base";
import type { SessionService } from "@opendepot/buildkit";
import type { Target } from "../target/target.ts";
import { noteEmulation } from "./builders.ts";
import { planExporters } from "./exporters.ts";
import { fetchText } from "./fetch-text.ts";
import type { BuilderPart } from "./parts.ts";
import { type PreparedTarget, prepareTarget } from "./prepared-target.ts";
import type { RunningBuild } from "./run-build.ts";
import { type PartResult, solvePart } from "./solve-part.ts";
import { exporterResponseOf } from "./target-result.ts";

/** A target that is about to be built. */
export interface TargetRun {
  readonly target: Target;
  /** Which builder builds which of its platforms; one at least. */
  readonly parts: readonly BuilderPart[];
  /** Credentials, secrets and SSH. */
  readonly services: readonly SessionService[];
}

/** A target that is built, with everything that was asked for done. */
export interface TargetResult {
  readonly target: Target;
  /** BuildKit's name of the solve, of the first one of several. */
  readonly ref: string;
  /** What the exporters tell, of the joined image where there were several builders. */
  readonly exporterResponse: Readonly<Record<string, string>>;
}

/**
 * Builds a target: one solve on each of its builders at the same time, of which a failed one stops the others, and what
 * is to be done with the results after that.
 *
 * @throws {SolveError} when the build itself failed; `Problem`s of what comes before and after
 */
export async function runTarget({ target, parts, services }: TargetRun, build: RunningBuild): Promise<TargetResult> {
  const { context } = build;
  const fetch = (url: string): Promise<Uint8Array> =>
    fetchText(url, { build, architecture: firstOf(parts).architecture });
  await using prepared = await prepareTarget(target, { context, services, fetchText: fetch });
  const results = await solveParts(prepared, parts, build);
  return { target, ref: firstOf(results).ref, exporterResponse: await exporterResponseOf({ target, results, build }) };
}

async function solveParts(
  prepared: PreparedTarget,
  parts: readonly BuilderPart[],
  build: RunningBuild,
): Promise<PartResult[]> {
  const isPart = parts.length > 1;
  const { terminal } = build.context;
  const stop = new AbortController();
  const signal = anySignal(build.signal, stop.signal);
  const solving = parts.map(async (part) => {
    if (prepared.target.platforms.length > 0) {
      await noteEmulation(await build.builders.get(part.architecture), part.architecture, build);
    }
    const planned = planExporters(prepared.target, { isPart, terminal });
    return await solvePart({ ...build, prepared, part, isPart, planned, signal, warn: terminal.warn });
  });
  try {
    return await Promise.all(solving);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(solving);
    throw error;
  }
}

/** The first of what is never empty. */
function firstOf<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) throw new Error("a target has one part at least");
  return first;
}
