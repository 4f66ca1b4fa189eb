import { createHash } from "node:crypto";
import { type Digest, digestOf, MediaType } from "@opendepot/oci";
import { archiveInvalid } from "../problems.ts";
import type { Archive, ArchivedFile } from "./archive.ts";
import { type ArchivedImage, type ImagePart, parseJson, readSmall } from "./layout.ts";

const MAX_LAYERS = 1000;

/**
 * The images of an archive of `docker save` in the form that Docker had before version 25: a configuration and layers
 * without a manifest, which is made here. Undefined if the archive is none.
 */
export async function readDockerArchive(archive: Archive): Promise<ArchivedImage[] | undefined> {
  const file = await archive.find("manifest.json");
  if (!file) return undefined;
  const list: unknown = parseJson(archive, "manifest.json", await readSmall(archive, file));
  if (!Array.isArray(list)) throw archiveInvalid(archive.name, "manifest.json in it is no list");
  return await Promise.all(list.map((one) => readImage(archive, Object(one) as Record<string, unknown>)));
}

async function readImage(archive: Archive, value: Record<string, unknown>): Promise<ArchivedImage> {
  const { Config: config, RepoTags: tags, Layers: layers } = value;
  const paths = Array.isArray(layers) && layers.length <= MAX_LAYERS ? layers : undefined;
  if (!paths) throw archiveInvalid(archive.name, "an image in it has no list of layers");
  const configPart = await hashed(archive, config);
  const layerParts: ImagePart[] = [];
  for (const path of paths) layerParts.push(await hashed(archive, path));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: configPart.digest, size: configPart.size },
      layers: await Promise.all(
        layerParts.map(async (part) => ({ mediaType: await layerType(part), digest: part.digest, size: part.size })),
      ),
    }),
  );
  const root: ImagePart = {
    digest: digestOf(manifest),
    mediaType: MediaType.ociManifest,
    size: manifest.length,
    open: async function* () {
      yield manifest;
    },
  };
  const unique = new Map([root, configPart, ...layerParts].map((part) => [part.digest, part]));
  const names = Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
  return { names, parts: [...unique.values()] };
}

async function hashed(archive: Archive, path: unknown): Promise<ImagePart> {
  const file = typeof path === "string" ? await archive.find(path) : undefined;
  if (!file) throw archiveInvalid(archive.name, `${JSON.stringify(path)} is not in it`);
  return { digest: await digestOfFile(file), mediaType: undefined, size: file.size, open: () => file.open() };
}

async function digestOfFile(file: ArchivedFile): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const piece of file.open()) hash.update(piece);
  return `sha256:${hash.digest("hex")}` as Digest; // the algorithm's own output
}

/** Some tools write layers compressed. */
async function layerType(part: ImagePart): Promise<string> {
  for await (const piece of part.open()) {
    return piece[0] === 0x1f && piece[1] === 0x8b ? MediaType.ociLayerGzip : MediaType.ociLayer;
  }
  return MediaType.ociLayer;
}
