import { type Logger, silentLogger } from "@opendepot/base";
import { MAX_MANIFEST_BYTES } from "@opendepot/oci";
import type { Kysely } from "kysely";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { Upstream } from "./content/upstream.ts";
import type { Access, Caller } from "./tokens/access.ts";

/** A manifest that was stored: its push is acknowledged. */
export interface ManifestEvent {
  readonly repository: string;
  /** As it was pushed: a tag, or the digest itself. */
  readonly reference: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest itself. */
  readonly size: number;
  readonly caller: Caller;
}

/** What one caller, and one request, may take up. */
export interface RegistryLimits {
  /** 4 MiB unless given, as the specification wants; never more. */
  readonly maxManifestBytes: number;
  /** 256 GiB unless given. */
  readonly maxBlobBytes: number;
  /** Bodies that come in at once, and uploads that have moved within a quarter of an hour; 1,000 unless given. */
  readonly maxUploadsPerCaller: number;
  /** Names on one page of tags, referrers among others; 1,000 unless given. */
  readonly maxPageSize: number;
  /** A client that neither sends nor takes anything is cut; 60,000 unless given. */
  readonly idleMs: number;
  /**
   * How long what a client was told to be here is kept for it before anything refers to it; an hour unless given. Uploads
   * that began in this time prolong it to their end.
   */
  readonly keepMs: number;
  /** Uploads that have not moved for so long are abandoned; a day unless given. */
  readonly uploadIdleMs: number;
  /** Of a token; 300 unless given. Clients take less than 60 for 60. */
  readonly tokenSeconds: number;
}

/** What {@link openRegistry} takes. */
export interface RegistryOptions<Tables> {
  /** On a database with {@link registryMigrations}; the caller closes it. It may hold tables of others, too. */
  readonly database: Kysely<Tables>;
  /** Where the bytes are; the caller closes it. */
  readonly blobs: BlobStore;
  readonly access: Access;
  /** Whom requests without credentials speak for. Nobody unless given. */
  readonly anonymous?: Caller | undefined;
  /**
   * Where clients reach the registry, with nothing behind the host. Unless given, what each client calls it is used; behind
   * a proxy that ends TLS it has to be given, since headers of proxies are not believed.
   */
  readonly publicUrl?: URL | undefined;
  /** Where tokens are to be had; `/token` unless given. */
  readonly tokenPath?: string | undefined;
  /** Sends GETs of blobs to the blob store, where it offers that. Off unless given. */
  readonly isRedirecting?: boolean | undefined;
  /**
   * Told of each manifest after it was stored and before its client hears of it. What it throws is logged; the manifest
   * is there all the same, and the client is told so.
   */
  readonly onManifest?: ((event: ManifestEvent) => void | Promise<void>) | undefined;
  /** Brings content here when it is pulled. Nothing does unless given. */
  readonly upstream?: Upstream | undefined;
  readonly limits?: Partial<RegistryLimits> | undefined;
  /** Silent unless given. */
  readonly logger?: Logger | undefined;
}

const HOUR_MS = 60 * 60_000;

const DEFAULT_LIMITS: RegistryLimits = {
  maxManifestBytes: MAX_MANIFEST_BYTES,
  maxBlobBytes: 256 * 1024 ** 3,
  maxUploadsPerCaller: 1000,
  maxPageSize: 1000,
  idleMs: 60_000,
  keepMs: HOUR_MS,
  uploadIdleMs: 24 * HOUR_MS,
  tokenSeconds: 300,
};

/** {@link RegistryOptions} with everything filled in, but for what is opened. */
export interface ResolvedRegistry {
  readonly limits: RegistryLimits;
  readonly logger: Logger;
  readonly tokenPath: string;
  readonly isRedirecting: boolean;
}

/** Fills in the defaults. */
export function resolveRegistryOptions<Tables>(options: RegistryOptions<Tables>): ResolvedRegistry {
  return Object.freeze({
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    logger: options.logger ?? silentLogger,
    tokenPath: options.tokenPath ?? "/token",
    isRedirecting: options.isRedirecting ?? false,
  });
}
