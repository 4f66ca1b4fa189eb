import { openStep } from "@opendepot/buildkit";
import { formatFamiliar } from "@opendepot/oci";
import { builderContent, loadImage, showProgress } from "../load/index.ts";
import { chooseLoadable, type LoadTarget, loadNames } from "./load-target.ts";
import type { BuilderPart } from "./parts.ts";
import type { PreparedTarget } from "./prepared-target.ts";
import type { RunningBuild } from "./run-build.ts";
import type { PartResult } from "./solve-part.ts";
import { descriptorOf } from "./target-result.ts";

/** A result that is to be loaded. */
export interface ResultLoad {
  readonly load: LoadTarget;
  readonly prepared: PreparedTarget;
  readonly parts: readonly BuilderPart[];
  readonly results: readonly PartResult[];
  readonly build: RunningBuild;
}

/**
 * Loads a result into a Docker: what Docker lacks of it, or all of it where Docker cannot pull from this process.
 *
 * @returns the image's ID in Docker
 * @throws {Problem} those of `loadImage` and of {@link chooseLoadable}
 */
export async function loadResult({ load, parts, results, build, prepared }: ResultLoad): Promise<string> {
  const { part, platform } = chooseLoadable(parts, load.platform);
  const result = results.find((one) => one.part === part);
  const descriptor = result && descriptorOf(result);
  if (result === undefined || descriptor === undefined) throw new Error("a part was to be loaded that made no image");
  const names = loadNames(prepared.target, { ...build.lease, suffix: suffixOf(prepared) });
  const step = openStep(build.record, `importing ${names.map(formatFamiliar).join(", ")} to docker`);
  try {
    const { imageId } = await loadImage({
      docker: load.docker,
      obstacle: load.obstacle,
      content: builderContent(result.client),
      descriptor,
      platform,
      names,
      signal: build.signal,
      onWhole: (reason) => openStep(build.record, `[depot] sending the whole image to Docker, since ${reason}`).done(),
      onProgress: (progress) => showProgress(step, progress),
    });
    step.done();
    return imageId;
  } catch (error) {
    step.fail(error);
    throw error;
  }
}

function suffixOf({ target: { name } }: PreparedTarget): string {
  return name === "default" ? "" : `-${name}`;
}
