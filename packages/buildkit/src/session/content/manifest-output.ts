import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import type { BlobDigest } from "./blob-digest.ts";
import type { BlobWrite } from "./blob-write.ts";
import { ContentFolder } from "./content-folder.ts";

/** Manifests, configurations and attestations are smaller; more would only be a hostile builder's. */
const MAX_BLOB_BYTES = 64n * 1024n * 1024n;

/** How an engine names the write of a layer. containerd v2: core/remotes/handlers.go `MakeRefKey`. */
const LAYER_REF = /^layer-/;

/** What an `oci` exporter with `tar=false` made, but for the layers. Whoever opened it disposes of it. */
export interface ManifestOutput extends AsyncDisposable {
  /** The key for `createContentStores`. */
  readonly storeId: "export";
  readonly store: ContentFolder;
  /** The digest of the index, or of the only manifest, once a solve has exported it. */
  readonly root: string | undefined;
}

/**
 * Receives the manifests and attestations of an image, and none of its layers: the engine is told that they are here.
 *
 * Reading them from the engine after a solve would be too late. Its history keeps what an image refers to, except the
 * layers of its manifests, and attestations are such layers; they may be collected as soon as the solve has ended.
 * BuildKit v0.32: solver/llbsolver/history/migrate.go `blobRefs`.
 */
export async function openManifestOutput(): Promise<ManifestOutput> {
  const path = await mkdtemp(join(tmpdir(), "depot-manifests-"));
  const store = new ManifestFolder(path);
  return {
    storeId: "export",
    store,
    get root() {
      return store.root;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

class ManifestFolder extends ContentFolder {
  /** What was placed last: an engine sends children before what refers to them. BuildKit: util/contentutil/copy.go. */
  root: string | undefined;

  constructor(path: string) {
    super(path, { isWritable: true });
  }

  override async beginWrite(ref: string): Promise<BlobWrite> {
    if (LAYER_REF.test(ref)) throw new GrpcError(GrpcCode.alreadyExists, `${ref} is not wanted`);
    const write = await super.beginWrite(ref);
    write.limit = MAX_BLOB_BYTES;
    return write;
  }

  override async place(temporary: string, digest: BlobDigest): Promise<void> {
    await super.place(temporary, digest);
    this.root = digest.text;
  }
}
