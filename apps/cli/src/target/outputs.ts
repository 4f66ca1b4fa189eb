import { resolve } from "node:path";
import { isProblem, messageOf, nearest, Problem, statAtOnce as stat, systemCodeOf } from "@opendepot/base";
import type { OutputSpec } from "@opendepot/buildflags";
import type { CliProblemCode } from "../problems.ts";

/** Where the exporter's result goes on this machine. */
export type OutputTarget =
  | { readonly kind: "folder"; readonly path: string; readonly isMirrored: boolean }
  | { readonly kind: "layout"; readonly path: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdout" };

type Attributes = Readonly<Record<string, string>>;

/** What becomes of a result. */
export type Output =
  /** Files that the builder sends here. */
  | {
      readonly kind: "files";
      readonly exporter: "local" | "tar" | "oci" | "docker";
      readonly attributes: Attributes;
      readonly target: OutputTarget;
    }
  /** An image that stays with the builder, or that the builder pushes. */
  | { readonly kind: "image"; readonly attributes: Attributes }
  /** An image for the Docker on this machine, or for the one of a Docker context. */
  | { readonly kind: "load"; readonly attributes: Attributes; readonly dockerContext?: string | undefined };

const TYPES = ["local", "tar", "oci", "docker", "image", "registry", "cacheonly"];
const HINT = "write -o PATH, -o - or -o type=local|tar|oci|docker|image|registry,dest=PATH";

/** What {@link resolveOutputs} needs to know of its surroundings. */
export interface OutputSurroundings {
  readonly cwd: string;
  /** Whether stdout is a terminal, which gets no archives. */
  readonly isStdoutTerminal: boolean;
  /** `--tag` values, for the image's name. */
  readonly tags: readonly string[];
  /** Whether `--push` was given. */
  readonly isPushed: boolean;
  /** Whether `--load` was given. */
  readonly isLoaded: boolean;
  /** Whether the image is saved: then there is an image output, which gets its names from the server. */
  readonly isSaved?: boolean | undefined;
  /** Exporter attributes for all outputs: annotations. */
  readonly annotations: Attributes;
  /** Whether a folder may be emptied of what the builder does not send. */
  readonly isLocalDeleteAllowed: boolean;
}

/**
 * Checks all outputs of a target, adds those of `--push` and `--load`, and finds where each goes: buildx
 * `CreateExports` and commands/build.go `RunBuild`.
 *
 * @throws {Problem} `output_invalid`, `flag_conflict`
 */
export async function resolveOutputs(specs: readonly OutputSpec[], around: OutputSurroundings): Promise<Output[]> {
  const outputs: Output[] = [];
  for (const spec of specs) {
    if (spec.type !== "cacheonly") outputs.push(await resolveOutput(spec, around));
  }
  const stdouts = outputs.filter((output) => output.kind === "files" && output.target.kind === "stdout");
  if (stdouts.length > 1) throw outputInvalid("multiple outputs configured to write to stdout", "give the others dest");
  const all = withLoad(withPush(outputs, around.isPushed), around.isLoaded).map((output) => named(output, around));
  const isWithoutImage = imageOutput(all) === undefined;
  return around.isSaved && isWithoutImage ? [...all, { kind: "image", attributes: around.annotations }] : all;
}

/** Skips unpacking an image that is only pushed, unless it was asked for. */
const PUSHED: Attributes = { push: "true", unpack: "false" };

function withPush(outputs: readonly Output[], isPushed: boolean): Output[] {
  if (!isPushed) return [...outputs];
  if (!outputs.some(({ kind }) => kind === "image")) return [...outputs, { kind: "image", attributes: PUSHED }];
  return outputs.map((output) =>
    output.kind === "image"
      ? { ...output, attributes: { unpack: "false", ...output.attributes, push: "true" } }
      : output,
  );
}

function withLoad(outputs: readonly Output[], isLoaded: boolean): Output[] {
  if (!isLoaded || outputs.some(({ kind }) => kind === "load")) return [...outputs];
  return [...outputs, { kind: "load", attributes: {} }];
}

/** Gives images their names, and annotations to all. */
function named(output: Output, { tags, annotations }: OutputSurroundings): Output {
  const isImage = output.kind !== "files" || output.exporter === "oci" || output.exporter === "docker";
  const name = isImage && tags.length > 0 ? { name: tags.join(",") } : {};
  const attributes: Attributes = { ...output.attributes, ...annotations, ...name };
  if (output.kind === "image" && isTrue(attributes["push"]) && !attributes["name"]) {
    throw outputInvalid("tag is needed when pushing to registry", "name the image with -t REGISTRY/NAME:TAG");
  }
  return { ...output, attributes };
}

async function resolveOutput(spec: OutputSpec, around: OutputSurroundings): Promise<Output> {
  switch (spec.type) {
    case "local":
      return {
        kind: "files",
        exporter: "local",
        attributes: spec.attributes,
        target: await folderTarget(spec, around, isMirrored(spec)),
      };
    case "tar":
      return { kind: "files", exporter: "tar", attributes: spec.attributes, target: await fileTarget(spec, around) };
    case "docker":
      if (spec.dest === undefined) return loadOutput(spec);
      return await archiveOutput("docker", spec, around);
    case "oci":
      return await archiveOutput("oci", spec, around);
    case "image":
      return { kind: "image", attributes: spec.attributes };
    case "registry":
      return { kind: "image", attributes: { unpack: "false", ...spec.attributes, push: "true" } };
    default:
      throw unknownType(spec.type);
  }
}

function loadOutput({ attributes }: OutputSpec): Output {
  if (isFalse(attributes["tar"])) throw outputInvalid("dest is required for docker exporter", HINT);
  const { context, ...rest } = attributes;
  return { kind: "load", attributes: rest, dockerContext: context || undefined };
}

async function archiveOutput(
  exporter: "oci" | "docker",
  spec: OutputSpec,
  around: OutputSurroundings,
): Promise<Output> {
  const { attributes } = spec;
  const target = isFalse(attributes["tar"]) ? await layoutTarget(spec, around) : await fileTarget(spec, around);
  return { kind: "files", exporter, attributes, target };
}

/** Whether what the builder does not send is removed from the folder: BuildKit client/solve.go `LocalExporterMode`. */
function isMirrored({ attributes: { mode } }: OutputSpec): boolean {
  if (mode === "delete") return true;
  if (mode === undefined || mode === "" || mode === "copy") return false;
  throw outputInvalid(`invalid local exporter mode ${JSON.stringify(mode)}`, "use mode=copy or mode=delete");
}

async function layoutTarget(spec: OutputSpec, around: OutputSurroundings): Promise<OutputTarget> {
  const { path } = await folderTarget(spec, around, false);
  return { kind: "layout", path };
}

async function folderTarget(
  spec: OutputSpec,
  { cwd, isLocalDeleteAllowed }: OutputSurroundings,
  isMirror: boolean,
): Promise<OutputTarget & { readonly kind: "folder" }> {
  if (spec.dest === undefined) throw outputInvalid(`dest is required for ${spec.type} exporter`, HINT);
  if (spec.dest === "-")
    throw outputInvalid(`dest cannot be stdout for ${spec.type} exporter`, "use type=tar for stdout");
  const path = resolve(cwd, spec.dest);
  if ((await kindOf(path)) === "file")
    throw outputInvalid(`destination directory ${spec.dest} is a file`, "name another folder");
  if (isMirror && !isLocalDeleteAllowed && !isBelow(path, cwd)) throw deleteRefused(spec.dest);
  return { kind: "folder", path, isMirrored: isMirror };
}

/** Whether `path` lies below the working folder, where emptying it harms nothing else. */
function isBelow(path: string, cwd: string): boolean {
  return path.startsWith(cwd === "/" ? cwd : `${cwd}/`) && path !== cwd;
}

function deleteRefused(dest: string): Problem<CliProblemCode> {
  return outputInvalid(
    `local output mode=delete for destination ${JSON.stringify(dest)} requires --allow=buildx.local.delete`,
    "it removes whatever else is in that folder: allow it, or name a folder below the working folder",
  );
}

async function fileTarget(spec: OutputSpec, { cwd, isStdoutTerminal }: OutputSurroundings): Promise<OutputTarget> {
  const dest = spec.dest ?? "-";
  if (dest === "-") {
    if (!isStdoutTerminal) return { kind: "stdout" };
    throw outputInvalid(
      `dest file is required for ${spec.type} exporter: refusing to write to the terminal`,
      "give dest=FILE, or redirect stdout",
    );
  }
  const path = resolve(cwd, dest);
  if ((await kindOf(path)) === "folder")
    throw outputInvalid(`destination file ${dest} is a directory`, "name a file in it");
  return { kind: "file", path };
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    if (systemCodeOf(cause) === "ENOENT") return undefined;
    if (isProblem(cause)) throw cause;
    throw outputInvalid(`cannot write to ${path}: ${messageOf(cause)}`, "name a place that can be written", cause);
  }
}

/** The image that a target's output names or pushes. */
export function imageOutput(outputs: readonly Output[]): (Output & { readonly kind: "image" }) | undefined {
  return outputs.find((output) => output.kind === "image");
}

/** Go's strconv.ParseBool for yes. */
export function isTrue(value: string | undefined): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(value ?? "");
}

function isFalse(value: string | undefined): boolean {
  return ["0", "f", "F", "false", "FALSE", "False"].includes(value ?? "");
}

function unknownType(type: string): Problem<CliProblemCode> {
  const close = nearest(type, TYPES);
  return outputInvalid(`unknown output type ${JSON.stringify(type)}`, close ? `did you mean type=${close}?` : HINT);
}

function outputInvalid(message: string, hint: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("output_invalid", message, { hint, cause });
}
