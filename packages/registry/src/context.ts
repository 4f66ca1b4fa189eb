import type { Logger } from "@opendepot/base";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { Upstream } from "./content/upstream.ts";
import type { Metadata } from "./metadata/metadata.ts";
import type { ManifestEvent, RegistryLimits } from "./options.ts";
import type { Access, Caller } from "./tokens/access.ts";
import type { TokenSigner } from "./tokens/token-signer.ts";

/** What every part of a running registry works with. */
export interface Context {
  readonly metadata: Metadata;
  readonly blobs: BlobStore;
  readonly access: Access;
  readonly anonymous: Caller | undefined;
  readonly signer: TokenSigner;
  readonly limits: RegistryLimits;
  readonly logger: Logger;
  readonly publicUrl: URL | undefined;
  readonly tokenPath: string;
  /** Whether GETs of blobs are sent to the blob store itself, where it offers that. */
  readonly isRedirecting: boolean;
  readonly onManifest: ((event: ManifestEvent) => void | Promise<void>) | undefined;
  readonly upstream: Upstream | undefined;
  /** Bodies that come in at the moment, by caller. */
  readonly running: Map<string, number>;
  /** Aborts when the registry is closed. */
  readonly closing: AbortSignal;
}
