import { rename, rm, writeFile } from "node:fs/promises";
import { messageOf, Problem } from "@opendepot/base";
import type { CliProblemCode } from "../problems.ts";

type ExporterResponse = Readonly<Record<string, string>>;

/**
 * The image's ID: the digest of its config where the exporter tells one, else of its manifest or index; empty when no
 * image was made. buildx: commands/build.go `getImageID`.
 */
export function imageIdOf(response: ExporterResponse): string {
  return response["containerimage.config.digest"] ?? response["containerimage.digest"] ?? "";
}

/** What `--metadata-file` says of a build beside the exporter's response. */
export interface BuildFacts {
  /** BuildKit's name of the solve. */
  readonly ref: string;
  readonly buildId?: string | undefined;
  readonly projectId?: string | undefined;
  /** BuildKit's warnings, in its own JSON. */
  readonly warnings?: readonly object[] | undefined;
}

/**
 * The text of `--metadata-file`: the exporter's response as buildx writes it, where values that are base64 of JSON
 * objects are unpacked, and `depot.build` as the hosted product adds it. Keys are sorted.
 */
export function metadataText(response: ExporterResponse, facts: BuildFacts): string {
  const { ref, buildId, projectId, warnings = [] } = facts;
  const own = {
    ...(buildId !== undefined && { "depot.build": { buildID: buildId, projectID: projectId } }),
    ...(warnings.length > 0 && { "buildx.build.warnings": warnings }),
  };
  return toSortedJson({ ...unpackResponse(response, ref), ...own });
}

/** What became of the targets of one build in a bake. */
export interface BakedBuild {
  readonly lease: { readonly buildId?: string | undefined; readonly projectId?: string | undefined };
  readonly results: ReadonlyArray<{
    readonly target: { readonly name: string };
    readonly ref: string;
    readonly exporterResponse: ExporterResponse;
  }>;
}

/**
 * The text of `--metadata-file` of a bake: what buildx says by target, and `depot.build` with the targets as the hosted
 * product adds it; a list where several projects had a build each.
 *
 * @param warnings those of all targets, in BuildKit's own JSON
 */
export function bakeMetadataText(builds: readonly BakedBuild[], warnings: readonly object[] = []): string {
  const targets = builds
    .flatMap(({ results }) => results)
    .map(({ target, ref, exporterResponse }) => [target.name, unpackResponse(exporterResponse, ref)]);
  const facts = builds
    .filter(({ lease }) => lease.buildId !== undefined)
    .map(({ lease, results }) => ({
      buildID: lease.buildId,
      projectID: lease.projectId,
      targets: results.map(({ target }) => target.name),
    }));
  const own = {
    ...(facts.length > 0 && { "depot.build": facts.length === 1 ? facts[0] : facts }),
    ...(warnings.length > 0 && { "buildx.build.warnings": warnings }),
  };
  return toSortedJson({ ...Object.fromEntries(targets), ...own });
}

function unpackResponse(response: ExporterResponse, ref: string): Record<string, unknown> {
  const entries = Object.entries(response).map(([key, value]): [string, unknown] => [key, unpack(value)]);
  return sortKeys({ ...Object.fromEntries(entries), "buildx.build.ref": ref });
}

function sortKeys(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toSortedJson(values: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(sortKeys(values), null, 2);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function unpack(value: string): unknown {
  if (!BASE64.test(value)) return value;
  try {
    const json: unknown = JSON.parse(Buffer.from(value, "base64").toString("utf8"));
    const isFilled = typeof json === "object" && json !== null && Object.keys(json).length > 0;
    const isListOfOthers = Array.isArray(json) && json.some((entry) => typeof entry !== "object" || entry === null);
    return isFilled && !isListOfOthers ? json : value;
  } catch {
    return value;
  }
}

/**
 * Writes a result file whole or not at all.
 *
 * @throws {Problem} `output_unwritable`
 */
export async function writeResultFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o644 });
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw resultUnwritable(path, cause);
  }
}

/**
 * Removes the result file of an earlier build, so that a failed one leaves none behind.
 *
 * @throws {Problem} `output_unwritable`
 */
export async function removeResultFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw resultUnwritable(path, cause);
  }
}

function resultUnwritable(path: string, cause: unknown): Problem<CliProblemCode> {
  return new Problem("output_unwritable", `cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: "name a file in a folder that exists and can be written",
  });
}
