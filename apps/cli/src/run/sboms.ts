import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContentFolder } from "@opendepot/buildkit";
import { formatPlatform, isIndexType, parseIndex, parseManifest } from "@opendepot/oci";

/** One SBOM of a result. */
export interface Sbom {
  /** As part of a file's name. */
  readonly platform: string;
  readonly statement: unknown;
}

/** Where the SBOMs of a result go. */
export interface SbomWriting {
  readonly sboms: readonly Sbom[];
  readonly folder: string;
  /** Tells targets apart; empty for the only one. */
  readonly targetName: string;
}

/** BuildKit docs/attestations/attestation-storage.md. */
const REFERENCE_DIGEST = "vnd.docker.reference.digest";
const PREDICATE_TYPE = "in-toto.io/predicate-type";
const SPDX = "https://spdx.dev/Document";

/**
 * Writes SBOMs, one file for each image and scan: `linux_amd64.spdx.json`.
 *
 * @returns the files
 */
export async function writeSboms({ sboms, folder, targetName }: SbomWriting): Promise<string[]> {
  const paths: string[] = [];
  await mkdir(folder, { recursive: true });
  for (const [at, { platform, statement }] of sboms.entries()) {
    const isFurther = paths.some((path) => path.includes(platform));
    const name = [targetName, platform, isFurther ? String(at) : ""].filter(Boolean).join("_");
    const path = join(folder, `${name}.spdx.json`);
    await writeFile(path, `${JSON.stringify(statement, undefined, 2)}\n`);
    paths.push(path);
  }
  return paths;
}

/**
 * Reads the SBOMs that are attached to an image whose manifests were received here.
 *
 * @param root the digest of its index; that of a manifest has none attached
 */
export async function readSboms(folder: ContentFolder, root: string): Promise<Sbom[]> {
  const index = await folder.read(root);
  if (!isIndexType(mediaTypeOf(index))) return [];
  const { manifests } = parseIndex(index);
  const found = manifests.map(async (manifest): Promise<Sbom[]> => {
    const about = manifests.find(({ digest }) => digest === manifest.annotations?.[REFERENCE_DIGEST]);
    if (about?.platform === undefined) return [];
    const { layers } = parseManifest(await folder.read(manifest.digest), manifest.mediaType);
    const sboms = layers.filter((layer) => layer.annotations?.[PREDICATE_TYPE] === SPDX);
    const platform = formatPlatform(about.platform).replaceAll("/", "_");
    return await Promise.all(
      sboms.map(async ({ digest }) => ({ platform, statement: predicateOf(await folder.read(digest)) })),
    );
  });
  return (await Promise.all(found)).flat();
}

function mediaTypeOf(manifest: Uint8Array): string {
  return String(Object(parseJson(manifest))["mediaType"] ?? "");
}

function predicateOf(statement: Uint8Array): unknown {
  const parsed = parseJson(statement);
  return Object(parsed)["predicate"] ?? parsed;
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString("utf8"));
}
