import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";

/** A blob that is read in parts: `bytes` is what stands behind `bytes=` in a Range header. */
export type ReadRange = (bytes: string) => Promise<Buffer>;

/** What a manifest says of a layer. */
export interface EstargzDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A line of the table of contents, as far as it is checked. */
interface TocEntry {
  readonly name: string;
  readonly type: string;
  readonly size?: number;
  readonly offset?: number;
  readonly chunkOffset?: number;
  readonly chunkSize?: number;
  readonly chunkDigest?: string;
}

const FOOTER_BYTES = 51;

/**
 * Reads a layer as lazy pullers do, by ranges alone, and holds it against stargz-snapshotter's docs/estargz.md: the footer
 * leads to the table of contents, that has the digest of the annotation, and each piece of each file can be had by itself
 * and has the digest that the table says.
 *
 * @returns the names of the files
 */
export async function checkEstargz({ size, annotations }: EstargzDescriptor, read: ReadRange): Promise<string[]> {
  const tocOffset = tocOffsetOf(await read(`-${FOOTER_BYTES}`));
  const toc = tocOf(await read(`${tocOffset}-${size - FOOTER_BYTES - 1}`));
  assert.equal(sha256(toc), annotations?.["containerd.io/snapshot/stargz/toc.digest"]);
  const { version, entries } = JSON.parse(toc.toString()) as { version: number; entries: TocEntry[] };
  assert.equal(version, 1);
  const pieces = entries.filter(({ offset }) => offset !== undefined);
  let fileBytes = 0;
  for (const [index, piece] of pieces.entries()) {
    const end = pieces[index + 1]?.offset ?? tocOffset;
    if (piece.type === "reg") fileBytes = piece.size ?? 0;
    const length = piece.chunkSize ?? fileBytes - (piece.chunkOffset ?? 0);
    const bytes = gunzipSync(await read(`${piece.offset}-${end - 1}`)).subarray(0, length);
    assert.equal(bytes.length, length, piece.name);
    assert.equal(sha256(bytes), piece.chunkDigest, piece.name);
  }
  return entries.filter(({ type }) => type === "reg").map(({ name }) => name);
}

/** An empty gzip member whose extra field `SG` is the offset, in 16 hex digits, and `STARGZ`. */
function tocOffsetOf(footer: Buffer): number {
  assert.equal(footer.length, FOOTER_BYTES);
  assert.equal(footer.subarray(0, 4).toString("hex"), "1f8b0804");
  assert.equal(footer.readUInt16LE(10), 26);
  assert.equal(footer.toString("latin1", 12, 14), "SG");
  assert.equal(footer.readUInt16LE(14), 22);
  const [, offset] = /^([0-9a-f]{16})STARGZ$/.exec(footer.toString("latin1", 16, 38)) ?? [];
  assert.ok(offset);
  assert.equal(gunzipSync(footer).length, 0);
  return Number.parseInt(offset, 16);
}

/** The one file of a tar archive in a gzip member. */
function tocOf(member: Buffer): Buffer {
  const tar = gunzipSync(member);
  assert.match(tar.toString("latin1", 0, 100), /^stargz\.index\.json\0/);
  const size = Number.parseInt(tar.toString("latin1", 124, 136), 8);
  return tar.subarray(512, 512 + size);
}

/** A layer as those read it who know nothing of all that: a tar archive in gzip. */
export function checkWholeLayer(layer: Buffer, { digest, annotations }: EstargzDescriptor, diffId: string): void {
  assert.equal(sha256(layer), digest);
  const tar = gunzipSync(layer);
  assert.equal(sha256(tar), diffId);
  assert.equal(String(tar.length), annotations?.["io.containers.estargz.uncompressed-size"]);
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
