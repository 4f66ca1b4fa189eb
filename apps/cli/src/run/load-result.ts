import { openStep } from "@opendepot/buildkit";
import { formatFamiliar } from "@opendepot/oci";
import { builderContent, describeFallback, loadImage, openDockerLoadSink } from "../load/index.ts";
import { chooseLoadable, type LoadTarget, loadNames } from "./load-target.ts";
import type { BuilderPart } from "./parts.ts";
import type { PreparedTarget } from "./prepared-target.ts";
import type { RunningBuild } from "./run-build.ts";
import { type PartResult, type PartSolve, solvePart } from "./solve-part.ts";
import { descriptorOf } from "./target-result.ts";

/** A result that is to be loaded. */
export interface ResultLoad {
  readonly load: LoadTarget;
  readonly prepared: PreparedTarget;
  readonly parts: readonly BuilderPart[];
  readonly results: readonly PartResult[];
  readonly build: RunningBuild;
  /** Solves a part again for its archive. */
  readonly again: (part: BuilderPart, planned: PartSolve["planned"]) => PartSolve;
}

/**
 * Loads a result into a Docker: Docker pulls what it lacks from the builder through this process, or gets all of it as
 * an archive where it cannot.
 *
 * @returns the image's ID in Docker; undefined when Docker told none
 * @throws {Problem} those of `loadImage` and of {@link chooseLoadable}
 */
export async function loadResult(loading: ResultLoad): Promise<string | undefined> {
  const { load, parts, results, build, prepared } = loading;
  const { part, platform } = chooseLoadable(parts, load.platform);
  if (load.fallback !== undefined) return await loadArchive(load.fallback, part, loading);
  const result = results.find((one) => one.part === part);
  const descriptor = result && descriptorOf(result);
  if (result === undefined || descriptor === undefined) throw new Error("a part was to be loaded that made no image");
  const names = loadNames(prepared.target, { ...build.lease, suffix: suffixOf(prepared) });
  const step = openStep(build.record, `importing ${names.map(formatFamiliar).join(", ")} to docker`);
  try {
    const outcome = await loadImage({
      docker: load.docker,
      content: builderContent(result.client),
      descriptor,
      platform,
      names,
      signal: build.signal,
      onProgress: ({ id, status, current, total }) => {
        if (id === undefined) return;
        const isDone = status === "Pull complete" || status === "Already exists" || status === "Download complete";
        step.status(id, { ...(current !== undefined && { current }), ...(total !== undefined && { total }), isDone });
      },
    });
    step.done();
    if (outcome.kind === "loaded") return outcome.imageId;
    return await loadArchive(describeFallback(outcome.reason), part, loading);
  } catch (error) {
    step.fail(error);
    throw error;
  }
}

function suffixOf({ target: { name } }: PreparedTarget): string {
  return name === "default" ? "" : `-${name}`;
}

/** The long way: the `docker` exporter's archive, as `docker load` takes it. */
async function loadArchive(reason: string, part: BuilderPart, loading: ResultLoad): Promise<undefined> {
  const { load, prepared, build, again } = loading;
  openStep(build.record, reason).done();
  const names = loadNames(prepared.target, { ...build.lease, suffix: suffixOf(prepared) });
  await using sink = openDockerLoadSink(load.docker, { signal: build.signal });
  const attrs = { ...load.attributes, name: names.map(formatFamiliar).join(",") };
  const planned = {
    exporters: [{ type: "docker", attrs }],
    receivers: [{ kind: "stream", stream: sink.stream } as const],
  };
  await solvePart(again(part, planned));
  await sink.finish();
}
