import { formatReference, isDigest, type NormalizedReference, parseNormalizedReference } from "@opendepot/oci";
import type { Context } from "../context.ts";
import { DigestCheck } from "../digests.ts";
import { archiveInvalid, contentTooLarge, upstreamUnknown } from "../problems.ts";
import { openArchive } from "./archive.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { type ArchivedImage, type ImagePart, readLayout } from "./layout.ts";

/** What is to be imported. */
export interface ImportOptions {
  /** A folder or a file of this machine. */
  readonly path: string;
  /** What to call the image, as in `FROM`. Default: what the archive calls it. */
  readonly name?: string | undefined;
}

/** What was imported. */
export interface ImportedArchive {
  /** With the registry's host and the tag. */
  readonly images: readonly { readonly name: string; readonly digest: string; readonly parts: number }[];
  /** Bytes that are new here. */
  readonly newBytes: number;
}

/** Puts the images of an archive into the cache, where they stay, as what everybody may pull under their names. */
export async function importArchive(context: Context, { path, name }: ImportOptions): Promise<ImportedArchive> {
  const { cache, contents, entries, maxBytes, logger } = context;
  await using archive = await openArchive(path, cache, maxBytes);
  const found = (await readLayout(archive)) ?? (await readDockerArchive(archive));
  if (!found || found.length === 0) throw archiveInvalid(path, "it has neither oci-layout nor manifest.json");
  const named = nameImages(path, found, name);
  for (const { reference } of named) {
    if (!(await entries.find(reference.domain, ""))) throw upstreamUnknown(reference.domain);
  }
  const total = named.reduce((sum, { image }) => sum + image.parts.reduce((bytes, { size }) => bytes + size, 0), 0);
  if (total > maxBytes) throw contentTooLarge(path, maxBytes);
  let newBytes = 0;
  for (const { reference, image } of named) {
    cache.keep(image.parts.map(({ digest }) => digest));
    for (const part of image.parts) newBytes += await store(context, path, part);
    await contents.putImported(
      { host: reference.domain, repository: reference.path },
      { name: formatReference(reference), tag: reference.tag, contents: image.parts },
    );
    logger.info("image imported", { image: formatReference(reference), parts: image.parts.length });
  }
  const images = named.map(({ reference, image }) => ({
    name: formatReference(reference),
    digest: image.parts[0]?.digest ?? "",
    parts: image.parts.length,
  }));
  return { images, newBytes };
}

interface Named {
  readonly reference: NormalizedReference;
  readonly image: ArchivedImage;
}

function nameImages(path: string, found: readonly ArchivedImage[], name: string | undefined): Named[] {
  if (name !== undefined) {
    const [image, ...others] = found;
    if (!image || others.length > 0)
      throw archiveInvalid(path, `it has ${found.length} images, and --name is one name`);
    return [{ reference: referenceOf(name), image }];
  }
  const named = found.flatMap((image) => image.names.map((one) => ({ reference: referenceOf(one), image })));
  if (named.length === 0) throw archiveInvalid(path, "it does not say what its image is called; say so with --name");
  return named;
}

function referenceOf(name: string): NormalizedReference {
  const reference = parseNormalizedReference(name);
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: "latest" } : reference;
}

/** Bytes that were new. */
async function store({ cache }: Context, path: string, part: ImagePart): Promise<number> {
  if (!isDigest(part.digest) || cache.size(part.digest) !== undefined) return 0;
  const partial = await cache.begin();
  try {
    const check = new DigestCheck(part.digest);
    let bytes = 0;
    for await (const piece of part.open()) {
      check.update(piece);
      await partial.file.writeFile(piece);
      bytes += piece.length;
    }
    if (!check.holds()) throw archiveInvalid(path, `what it has as ${part.digest} is something else`);
    await cache.publish(partial, part.digest, bytes);
    return bytes;
  } finally {
    await cache.discard(partial);
  }
}
