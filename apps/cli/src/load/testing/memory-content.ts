import { type Descriptor, type Digest, digestOf, type EncodedManifest, MediaType } from "@opendepot/oci";
import type { ContentSource } from "../content-source.ts";

/** A builder's content in memory, which remembers what was read of it. */
export class MemoryContent implements ContentSource {
  readonly blobs: Map<string, Uint8Array> = new Map();
  /** `digest offset size` of each read so far. */
  readonly reads: string[] = [];
  /** Bytes that were taken so far. */
  taken = 0;

  /** Puts a blob there. */
  add(bytes: Uint8Array, mediaType: string): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  /** Puts an image of one layer there. */
  addImage(layer: Uint8Array): EncodedManifest & { readonly config: Descriptor; readonly layer: Descriptor } {
    const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const parts = {
      config: this.add(encode({ os: "linux", architecture: "amd64" }), MediaType.ociConfig),
      layer: this.add(layer, MediaType.ociLayer),
    };
    const bytes = encode({ schemaVersion: 2, config: parts.config, layers: [parts.layer] });
    return { descriptor: this.add(bytes, MediaType.ociManifest), bytes, ...parts };
  }

  async info(digest: string): Promise<{ readonly size: number } | undefined> {
    const found = this.blobs.get(digest);
    return found && { size: found.length };
  }

  async *read(digest: Digest | string, offset: number, size: number): AsyncGenerator<Uint8Array> {
    this.reads.push(`${digest} ${offset} ${size}`);
    const found = this.blobs.get(digest);
    if (!found) throw new Error(`no ${digest}`);
    const pieceBytes = 64 * 1024;
    for (let at = offset; at < offset + size; at += pieceBytes) {
      const piece = found.subarray(at, Math.min(at + pieceBytes, offset + size));
      this.taken += piece.length;
      yield piece;
    }
  }
}
