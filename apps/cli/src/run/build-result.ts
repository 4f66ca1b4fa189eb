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
}

/**
 * The text of `--metadata-file`: the exporter's response as buildx writes it, where values that are base64 of JSON
 * objects are unpacked, and `depot.build` as the hosted product adds it. Keys are sorted.
 */
export function metadataText(response: ExporterResponse, { ref, buildId, projectId }: BuildFacts): string {
  const entries: [string, unknown][] = Object.entries(response).map(([key, value]) => [key, unpack(value)]);
  entries.push(["buildx.build.ref", ref]);
  if (buildId !== undefined) entries.push(["depot.build", { buildID: buildId, projectID: projectId }]);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries), null, 2);
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
