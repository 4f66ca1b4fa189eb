import { Problem } from "@opendepot/base";

/** What commands for saved images may end with, beside the problems of the packages and the server. */
export type ImageProblemCode =
  | "build_missing"
  | "build_not_saved"
  | "image_unknown"
  | "platform_not_available"
  | "push_tag_missing"
  | "registry_without_tls"
  | "target_unknown";

/** No build was named, or an empty one. */
export function buildMissing(why: string): Problem<ImageProblemCode> {
  return new Problem("build_missing", why, {
    hint: "depot image list shows what is saved, depot list builds all builds",
  });
}

/** A build of which no image was saved. */
export function buildNotSaved(buildId: string): Problem<ImageProblemCode> {
  return new Problem("build_not_saved", `build ${buildId} is not a saved build`, {
    hint: "save images with --save when building",
  });
}

/** Neither a build nor a tag of the project. */
export function imageUnknown(name: string, projectId: string | undefined): Problem<ImageProblemCode> {
  const where = projectId === undefined ? "" : ` in project ${projectId}`;
  return new Problem("image_unknown", `no build and no saved image ${JSON.stringify(name)}${where}`, {
    hint: "depot image list shows what is saved; images leave the registry when their time is up",
  });
}

/** The image has nothing for the platform. */
export function platformNotAvailable(wanted: string, available: readonly string[]): Problem<ImageProblemCode> {
  return new Problem("platform_not_available", `the image has nothing for ${wanted}`, {
    hint: available.length === 0 ? undefined : `it has ${available.join(", ")}; choose with --platform`,
  });
}

/** `depot push` without a place to push to. */
export function pushTagMissing(): Problem<ImageProblemCode> {
  return new Problem("push_tag_missing", "missing tag: where the image is to be pushed", {
    hint: "name it with -t REGISTRY/IMAGE:TAG",
  });
}

/** A target that the build did not save; undefined where one has to be chosen. */
export function targetUnknown(target: string | undefined, known: readonly string[]): Problem<ImageProblemCode> {
  const message = target === undefined ? "the build saved several targets" : `target ${target} not found`;
  const list =
    known.length === 0
      ? "the build has no targets: leave --target out"
      : `the available targets are ${known.join(", ")}`;
  return new Problem("target_unknown", message, {
    hint: target === undefined ? `choose with --target; ${list}` : list,
  });
}

/** A registry that speaks plain HTTP, and of which nobody has said that it may. */
export function registryWithoutTls(host: string, cause: unknown): Problem<ImageProblemCode> {
  return new Problem("registry_without_tls", `the registry ${host} does not speak TLS`, {
    cause,
    hint: `--plain-http ${host} sends the image, and the credentials for it, where everybody on the way can read them`,
  });
}
