import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isProblem, messageOf, nearest, Problem, systemCodeOf } from "@opendepot/base";
import { type CliProblemCode, flagNotYet } from "../problems.ts";
import { splitCsvFields } from "./csv-fields.ts";

/** `--output` as it is written (buildx `ExportEntry`). */
export interface OutputSpec {
  readonly type: string;
  readonly dest?: string | undefined;
  /** Everything else, for the exporter. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where the exporter's result goes. */
export type OutputTarget =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdout" };

/** An output that can be built. */
export interface ResolvedOutput {
  /** BuildKit's exporter: `local`, `tar`, `oci` or `docker`. */
  readonly exporter: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly target: OutputTarget;
}

const TYPES = ["local", "tar", "oci", "docker", "image", "registry", "cacheonly"];
const HINT = "write -o PATH, -o - or -o type=local|tar|oci|docker,dest=PATH";

/**
 * Reads `--output`: a bare path is a `local` output, `-` a tar on stdout, anything else `key=value` fields.
 *
 * @throws {Problem} `output_invalid`
 */
export function parseOutput(text: string): OutputSpec {
  const fields = splitCsvFields(text) ?? fail(text, "its quoting is wrong");
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    return text === "-" ? { type: "tar", dest: "-", attributes: {} } : { type: "local", dest: text, attributes: {} };
  }
  const values = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 0) fail(text, `${JSON.stringify(field)} is no key=value`);
    values.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
  }
  const [type, dest] = [values.get("type"), values.get("dest") || undefined];
  if (type === undefined || type === "") fail(text, "type is required for output");
  values.delete("type");
  values.delete("dest");
  return { type, dest, attributes: Object.fromEntries(values) };
}

/** What {@link resolveOutput} needs to know of its surroundings. */
export interface OutputSurroundings {
  readonly cwd: string;
  /** Whether stdout is a terminal, which gets no archives. */
  readonly isStdoutTerminal: boolean;
  /** `--tag` values, for the image's name. */
  readonly tags: readonly string[];
}

/**
 * Checks an output and finds its target (buildx `CreateExports`).
 *
 * @returns undefined for `cacheonly`
 * @throws {Problem} `output_invalid`, `flag_not_yet`
 */
export async function resolveOutput(spec: OutputSpec, around: OutputSurroundings): Promise<ResolvedOutput | undefined> {
  switch (spec.type) {
    case "cacheonly":
      return undefined;
    case "local":
      return { exporter: "local", attributes: withoutMode(spec), target: await folderTarget(spec, around) };
    case "tar":
      return { exporter: "tar", attributes: spec.attributes, target: await fileTarget(spec, around) };
    case "oci":
    case "docker":
      return await archiveOutput(spec, around);
    case "image":
    case "registry":
      throw flagNotYet(`--output type=${spec.type}`, "images are not pushed to registries yet");
    default:
      throw unknownType(spec.type);
  }
}

async function archiveOutput(spec: OutputSpec, around: OutputSurroundings): Promise<ResolvedOutput> {
  if (spec.type === "docker" && spec.dest === undefined) {
    throw flagNotYet(
      "--output type=docker without dest",
      "images are not loaded into the local Docker yet; give dest=FILE",
    );
  }
  if (isFalse(spec.attributes["tar"])) {
    throw flagNotYet(`--output type=${spec.type},tar=false`, "image layouts are not written as folders yet");
  }
  const name = around.tags.length > 0 ? { name: around.tags.join(",") } : {};
  const attributes = { ...spec.attributes, ...name };
  return { exporter: spec.type, attributes, target: await fileTarget(spec, around) };
}

/** `mode=delete` removes what else is in the folder: only when it is asked for and allowed, so not yet. */
function withoutMode(spec: OutputSpec): Readonly<Record<string, string>> {
  const { mode, ...attributes } = spec.attributes;
  if (mode === "delete") throw flagNotYet("--output type=local,mode=delete", "files that are already there are kept");
  if (mode !== undefined && mode !== "copy")
    throw outputInvalid(`invalid local exporter mode ${JSON.stringify(mode)}`, "use mode=copy");
  return attributes;
}

async function folderTarget(spec: OutputSpec, { cwd }: OutputSurroundings): Promise<OutputTarget> {
  if (spec.dest === undefined) throw outputInvalid(`dest is required for ${spec.type} exporter`, HINT);
  if (spec.dest === "-")
    throw outputInvalid(`dest cannot be stdout for ${spec.type} exporter`, "use type=tar for stdout");
  const path = resolve(cwd, spec.dest);
  if ((await kindOf(path)) === "file")
    throw outputInvalid(`destination directory ${spec.dest} is a file`, "name another folder");
  return { kind: "folder", path };
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

function isFalse(value: string | undefined): boolean {
  return ["0", "f", "F", "false", "FALSE", "False"].includes(value ?? "");
}

function unknownType(type: string): Problem<CliProblemCode> {
  const close = nearest(type, TYPES);
  return outputInvalid(`unknown output type ${JSON.stringify(type)}`, close ? `did you mean type=${close}?` : HINT);
}

function fail(text: string, why: string): never {
  throw outputInvalid(`invalid --output ${JSON.stringify(text)}: ${why}`, HINT);
}

function outputInvalid(message: string, hint: string, cause?: unknown): Problem<CliProblemCode> {
  return new Problem("output_invalid", message, { hint, cause });
}

/** Two or more outputs in one build. */
export function outputMultiple(): Problem<CliProblemCode> {
  return new Problem("output_multiple", "multiple outputs currently unsupported", {
    hint: "give one --output; building again for another one takes every step from the cache",
  });
}
