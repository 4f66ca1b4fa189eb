import { Problem } from "@opendepot/base";
import type { ExportOutput, TypeAndAttrs } from "@opendepot/buildkit";
import { parseNormalizedReference } from "@opendepot/oci";
import type { CliProblemCode } from "../problems.ts";
import { hasAskedAttests } from "../target/attests.ts";
import { imageOutput, isTrue, type Output, type OutputTarget } from "../target/outputs.ts";
import type { Target } from "../target/target.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { LoadTarget } from "./load-target.ts";

/** What a solve makes of its result, and where what is sent here goes, by the same index. */
export interface PlannedExporters {
  readonly exporters: readonly TypeAndAttrs[];
  readonly receivers: ReadonlyArray<ExportOutput | undefined>;
  /** The folder that receives an image as a layout. */
  readonly layout?: string | undefined;
  /** Whether the attestations of the result are wanted here, from the layout where there is one. */
  readonly wantsSboms?: boolean;
}

/** How a solve's result is exported. */
export interface ExporterPlan {
  /** Whether the solve makes one part of an image whose index is joined from several builders. */
  readonly isPart: boolean;
  readonly terminal: Pick<Terminal, "stdout">;
  /** The Docker that gets the image from the builder afterwards. */
  readonly load?: Pick<LoadTarget, "attributes"> | undefined;
}

/**
 * The exporters of one solve of a target. A part of an image is pushed by its digest alone: buildx build/build.go
 * `BuildWithResultHandler`.
 */
export function planExporters(target: Target, { isPart, terminal, load }: ExporterPlan): PlannedExporters {
  const { outputs } = target;
  const planned = outputs.flatMap((output): [TypeAndAttrs, ExportOutput | undefined][] => {
    if (output.kind === "load") return [];
    if (output.kind === "image") {
      const attrs = { ...attestationAttrs(target), ...(isPart ? byDigest(output.attributes) : output.attributes) };
      return [[{ type: "image", attrs }, undefined]];
    }
    return [[{ type: output.exporter, attrs: output.attributes }, toExportOutput(output.target, terminal)]];
  });
  // An image has to be made for what comes after the solve, though no output names one.
  if (load !== undefined && imageOutput(outputs) === undefined) {
    planned.push([{ type: "image", attrs: keptImage(load) }, undefined]);
  }
  const layout = outputs.flatMap((output) => layoutOf(output) ?? []).at(0);
  const wantsSboms = target.sbomFolder !== undefined;
  // First, as what later exporters tell of the image takes the place of what earlier ones told.
  if (wantsSboms && layout === undefined)
    planned.unshift([manifestsOnly(planned.map(([exporter]) => exporter)), undefined]);
  return {
    exporters: planned.map(([exporter]) => exporter),
    receivers: planned.map(([, receiver]) => receiver),
    layout,
    wantsSboms,
  };
}

/** An image whose manifests are received by `openManifestOutput`, in layers that are made anyway or cheapest to make. */
function manifestsOnly(others: readonly TypeAndAttrs[]): TypeAndAttrs {
  const image = others.find(({ type }) => type === "image");
  const compression = image === undefined ? "uncompressed" : image.attrs?.["compression"];
  return { type: "oci", attrs: { tar: "false", ...(compression !== undefined && { compression }) } };
}

/** An image that stays with the builder under no name, in layers as they are cheapest to make. */
function keptImage(load: Pick<LoadTarget, "attributes">): Readonly<Record<string, string>> {
  const { name: _, ...attributes } = load.attributes;
  return { "attestation-inline": "false", compression: "uncompressed", ...attributes, unpack: "false" };
}

/**
 * Keeps the provenance that nobody asked for out of an image of one platform, which would become an index with an entry
 * of the platform `unknown/unknown`; it stays in the engine's record of the build.
 */
function attestationAttrs({ platforms, attests }: Target): Readonly<Record<string, string>> {
  return platforms.length > 1 || hasAskedAttests(attests) ? {} : { "attestation-inline": "false" };
}

function byDigest(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!isTrue(attributes["push"])) return attributes;
  return { ...attributes, name: repositoriesOf(attributes["name"] ?? "").join(","), "push-by-digest": "true" };
}

/** The repositories of comma-separated image names, each once. */
export function repositoriesOf(names: string): string[] {
  const repositories = names.split(",").map((name) => {
    const { domain, path } = parseNormalizedReference(name);
    return `${domain}/${path}`;
  });
  return [...new Set(repositories)];
}

function layoutOf(output: Output): string | undefined {
  return output.kind === "files" && output.target.kind === "layout" ? output.target.path : undefined;
}

function toExportOutput(target: OutputTarget, { stdout }: Pick<Terminal, "stdout">): ExportOutput | undefined {
  if (target.kind === "layout") return undefined;
  if (target.kind === "stdout") return { kind: "stream", stream: stdout };
  if (target.kind === "file") return { kind: "file", path: target.path };
  return { kind: "folder", path: target.path, isMirror: target.isMirrored };
}

/**
 * Refuses outputs that cannot be made of the target's platforms: buildx build/opt.go and build/build.go.
 *
 * @throws {Problem} `output_invalid`
 */
export function checkOutputs(target: Target, partCount: number): void {
  const isList = target.platforms.length > 1 || hasAskedAttests(target.attests);
  for (const output of target.outputs) {
    if (output.kind !== "files") continue;
    if (output.exporter === "docker" && isList) throw listRefused();
    if (partCount > 1 && output.exporter !== "local") throw severalBuildersRefused(output.exporter);
  }
}

function listRefused(): Problem<CliProblemCode> {
  return new Problem(
    "output_invalid",
    "docker exporter does not support exporting manifest lists, use the oci exporter instead",
    { hint: "several platforms, and images with attestations, fit into type=oci only" },
  );
}

function severalBuildersRefused(exporter: string): Problem<CliProblemCode> {
  return new Problem("output_invalid", `${exporter} for multi-node builds currently not supported`, {
    hint: "let one builder build all platforms, the others emulated, with --build-platform linux/amd64 or linux/arm64",
  });
}
