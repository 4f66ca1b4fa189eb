import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Descriptor, formatPlatform, isIndexType, parseIndex, parseManifest } from "@opendepot/oci";
import { readBlob } from "./read-blob.ts";
import type { PartResult } from "./solve-part.ts";
import { descriptorOf } from "./target-result.ts";

/** Where the SBOMs of a result go. */
export interface SbomWriting {
  readonly results: readonly PartResult[];
  readonly folder: string;
  /** Tells targets apart; empty for the only one. */
  readonly targetName: string;
  readonly signal: AbortSignal;
}

/** BuildKit docs/attestations/attestation-storage.md. */
const REFERENCE_DIGEST = "vnd.docker.reference.digest";
const PREDICATE_TYPE = "in-toto.io/predicate-type";
const SPDX = "https://spdx.dev/Document";

/**
 * Writes the SBOMs that are attached to a result, one file for each image and scan: `linux_amd64.spdx.json`.
 *
 * @returns the files
 */
export async function writeSboms({ results, folder, targetName, signal }: SbomWriting): Promise<string[]> {
  const paths: string[] = [];
  await mkdir(folder, { recursive: true });
  for (const result of results) {
    for (const [at, { platform, statement }] of (await readSboms(result, signal)).entries()) {
      const isFurther = paths.some((path) => path.includes(platform));
      const name = [targetName, platform, isFurther ? String(at) : ""].filter(Boolean).join("_");
      const path = join(folder, `${name}.spdx.json`);
      await writeFile(path, `${JSON.stringify(statement, undefined, 2)}\n`);
      paths.push(path);
    }
  }
  return paths;
}

interface Sbom {
  /** As part of a file's name. */
  readonly platform: string;
  readonly statement: unknown;
}

async function readSboms(result: PartResult, signal: AbortSignal): Promise<Sbom[]> {
  const descriptor = descriptorOf(result);
  if (descriptor === undefined || !isIndexType(descriptor.mediaType)) return [];
  const { manifests } = parseIndex(await readBlob(result.client, descriptor, signal), descriptor.mediaType);
  const found = manifests.map(async (manifest): Promise<Sbom[]> => {
    const about = manifests.find(({ digest }) => digest === manifest.annotations?.[REFERENCE_DIGEST]);
    if (about?.platform === undefined) return [];
    const { layers } = parseManifest(await readBlob(result.client, manifest, signal), manifest.mediaType);
    const sboms = layers.filter((layer) => layer.annotations?.[PREDICATE_TYPE] === SPDX);
    const platform = formatPlatform(about.platform).replaceAll("/", "_");
    return await Promise.all(
      sboms.map(async (layer) => ({ platform, statement: await readJson(result, layer, signal) })),
    );
  });
  return (await Promise.all(found)).flat();
}

async function readJson({ client }: PartResult, layer: Descriptor, signal: AbortSignal): Promise<unknown> {
  const statement = JSON.parse(Buffer.from(await readBlob(client, layer, signal)).toString("utf8"));
  return Object(statement)["predicate"] ?? statement;
}
