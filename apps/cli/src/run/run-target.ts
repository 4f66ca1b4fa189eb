import { anySignal } from "@opendepot/base";
import type { Call } from "@opendepot/buildflags";
import type { Lint } from "../subrequest/lint-level.ts";
import { imageOutput, isTrue } from "../target/outputs.ts";
import type { Target } from "../target/target.ts";
import { noteEmulation } from "./builders.ts";
import { type CallAnswer, callTarget } from "./call-target.ts";
import { planExporters } from "./exporters.ts";
import { fetchText } from "./fetch-text.ts";
import { joinImage } from "./join-image.ts";
import { lintTarget } from "./lint-target.ts";
import { loadResult } from "./load-result.ts";
import type { LoadTarget } from "./load-target.ts";
import type { BuilderPart } from "./parts.ts";
import { type PreparedTarget, prepareTarget } from "./prepared-target.ts";
import { type MetadataProvenance, readProvenance } from "./provenance.ts";
import type { RunningBuild } from "./run-build.ts";
import { writeSboms } from "./sboms.ts";
import type { TargetServices } from "./services.ts";
import type { SharedFolders } from "./shared-folders.ts";
import { type PartResult, type PartSolve, solvePart } from "./solve-part.ts";
import type { TargetLinks } from "./target-links.ts";
import type { Turns } from "./turns.ts";

/** A target that is about to be built. */
export interface TargetRun {
  readonly target: Target;
  /** Which builder builds which of its platforms; one at least. */
  readonly parts: readonly BuilderPart[];
  readonly services: TargetServices;
  /** The Docker that the image is for. */
  readonly load?: LoadTarget | undefined;
  /** What the frontend is asked for instead of a build. */
  readonly call?: Call | undefined;
  /** How the Dockerfile is checked before it is built. */
  readonly lint?: Lint | undefined;
  /** How much of the provenance is told with the result; default: none. */
  readonly provenance?: MetadataProvenance | undefined;
  /** Where loads into Docker take turns with those of other targets. */
  readonly loads?: Turns | undefined;
  /** What the target has to do with others that are built at the same time. */
  readonly neighbours?: TargetNeighbours | undefined;
}

/** Targets that are built at the same time. */
export interface TargetNeighbours {
  readonly links: TargetLinks;
  readonly folders: SharedFolders;
}

/** A target that is built, with everything that was asked for done. */
export interface TargetResult {
  readonly target: Target;
  /** BuildKit's name of the solve, of the first one of several. */
  readonly ref: string;
  /** What the exporters tell, of the joined image where there were several builders. */
  readonly exporterResponse: Readonly<Record<string, string>>;
  /** What the local Docker calls the image that was loaded into it. */
  readonly loadedId?: string | undefined;
  /** What the frontend answered, where it was only asked. */
  readonly answer?: CallAnswer | undefined;
}

/**
 * Builds a target: one solve on each of its builders at the same time, of which a failed one stops the others, and what
 * is to be done with the results after that.
 *
 * @throws {SolveError} when the build itself failed; `Problem`s of what comes before and after
 */
export async function runTarget(run: TargetRun, build: RunningBuild): Promise<TargetResult> {
  const { target, parts, call } = run;
  const [first] = parts;
  if (first === undefined) throw new Error("a target has one part at least");
  await using prepared = await prepareTarget(target, {
    context: build.context,
    services: run.services.services,
    isSpooled: parts.length > 1 || run.load !== undefined || run.lint !== undefined,
    fetchText: (url) => fetchText(url, { build, architecture: first.architecture }),
  });
  const solving = (part: BuilderPart, planned: PartSolve["planned"]): PartSolve => ({
    ...build,
    prepared,
    part,
    planned,
    isPart: ownParts(parts).length > 1,
    folders: run.neighbours?.folders,
    warn: build.context.terminal.warn,
  });
  if (call !== undefined) {
    const answer = await callTarget(solving(first, NOTHING), call);
    return { target, ref: answer.ref, exporterResponse: {}, answer };
  }
  if (run.lint) await lintTarget(solving(first, NOTHING), run.lint, build);
  const results = await solveParts({ run, prepared, solving }, build);
  return await followUp({ run, prepared, results }, build);
}

const NOTHING: PartSolve["planned"] = { exporters: [], receivers: [] };

/** The parts that the target's own result is made of. */
function ownParts(parts: readonly BuilderPart[]): BuilderPart[] {
  return parts.filter(({ isForLinks }) => !isForLinks);
}

interface TargetSolve {
  readonly run: TargetRun;
  readonly prepared: PreparedTarget;
  readonly solving: (part: BuilderPart, planned: PartSolve["planned"]) => PartSolve;
}

async function solveParts({ run, solving }: TargetSolve, build: RunningBuild): Promise<PartResult[]> {
  const { parts, target, load, neighbours } = run;
  const stop = new AbortController();
  const signal = anySignal(build.signal, stop.signal);
  const running = parts.map(async (part) => {
    if (target.platforms.length > 0) {
      await noteEmulation(await build.builders.get(part.architecture), part.architecture, build);
    }
    const plan = { isPart: ownParts(parts).length > 1, terminal: build.context.terminal, load };
    const planned = part.isForLinks ? NOTHING : planExporters(target, plan);
    const drive = neighbours?.links.driveOf(target.name, part.architecture);
    return await solvePart({ ...solving(part, planned), signal, drive });
  });
  try {
    return (await Promise.all(running)).filter(({ part }) => !part.isForLinks);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(running);
    throw error;
  }
}

/** What is done with the results: joined, loaded, their SBOMs written. */
async function followUp(
  { run, prepared, results }: Omit<TargetSolve, "solving"> & { readonly results: readonly PartResult[] },
  build: RunningBuild,
): Promise<TargetResult> {
  const { target, load, services } = run;
  const [first] = results;
  const image = imageOutput(target.outputs);
  let exporterResponse = first?.exporterResponse ?? {};
  if (image !== undefined && isTrue(image.attributes["push"]) && results.length > 1) {
    const { attributes } = image;
    const { digest } = await joinImage({ results, attributes, credentials: services.credentials, build });
    exporterResponse = { "containerimage.digest": digest, "image.name": attributes["name"] ?? "" };
  }
  const loading = (into: LoadTarget): Promise<string> =>
    loadResult({ load: into, prepared, parts: ownParts(run.parts), results, build });
  const loadedId = load && (await (run.loads?.take(() => loading(load)) ?? loading(load)));
  if (target.sbomFolder !== undefined) {
    const targetName = target.name === "default" ? "" : target.name;
    await writeSboms({ sboms: results.flatMap(({ sboms }) => sboms), folder: target.sbomFolder, targetName });
  }
  const provenance = await Promise.all(
    results.map(({ client, ref }) =>
      readProvenance({ client, ref, mode: run.provenance ?? "disabled", signal: build.signal }),
    ),
  );
  exporterResponse = Object.assign({}, exporterResponse, ...provenance);
  return { target, ref: first?.ref ?? "", exporterResponse, loadedId };
}
