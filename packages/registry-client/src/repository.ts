import { type Clock, systemClock } from "@opendepot/base";
import { type Descriptor, type Digest, formatReference, type NormalizedReference } from "@opendepot/oci";
import { Authorizer } from "./authorizer.ts";
import { type BlobOptions, hasBlob, readBlob } from "./blobs.ts";
import { anonymous, type Credentials } from "./credentials.ts";
import { getManifest, headManifest, putManifest, type RemoteManifest } from "./manifests.ts";
import { addReferrers, listReferrers, type Referrers } from "./referrers.ts";
import { placesOf, type RegistryPlace } from "./registry-host.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { Session } from "./session.ts";
import { createTransport, discard, type HttpAnswer, type TransportOptions } from "./transport.ts";
import { type BlobSource, mountBlob, putBlob } from "./uploads.ts";

/** What each call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * One repository of a registry. Disposing closes the connections.
 *
 * Every method may throw the {@link Problem}s `registry_unreachable`, `registry_untrusted`, `registry_denied`,
 * `registry_rate_limited`, `registry_refused`, `registry_not_allowed` and `registry_answer_invalid`, or the reason of
 * its signal.
 * What may pass (statuses 408, 429, 500, 502 to 504; broken connections) has been tried four times by then.
 */
export interface RegistryRepository extends AsyncDisposable {
  /** For people: `docker.io/acme/app`. */
  readonly name: string;
  /** The registry itself, for instance `https://registry-1.docker.io`: repositories with the same one may mount. */
  readonly origin: string;
  /** The repository within it: `acme/app`. */
  readonly path: string;
  /** Whether a registry answers there and lets us in: distribution-spec v1.1, "Determining Support". */
  ping(options?: CallOptions): Promise<void>;
  /** A manifest or index by tag or digest, of at most 4 MiB, checked against its digest; undefined when there is none. */
  manifest(tagOrDigest: string, options?: CallOptions): Promise<RemoteManifest | undefined>;
  /** What {@link manifest} would give, without reading it. */
  manifestDescriptor(tagOrDigest: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * What has this digest as its subject, whether or not there is anything of this digest; from the registry, or from the
   * tag under which clients keep it where the registry does not.
   */
  referrers(digest: Digest, options?: CallOptions): Promise<Referrers>;
  /** Notes what was pushed with this digest as its subject, where the registry does not do so by itself. */
  addReferrers(digest: Digest, manifests: readonly Descriptor[], options?: CallOptions): Promise<void>;
  /** Writes a manifest or index under a tag or its digest. */
  putManifest(tagOrDigest: string, mediaType: string, bytes: Uint8Array, options?: CallOptions): Promise<Descriptor>;
  hasBlob(digest: Digest, options?: CallOptions): Promise<boolean>;
  /**
   * A blob or a part of it. A whole one has been checked against its digest once it is read to the end.
   *
   * Reading throws the {@link Problem} `registry_content_missing` where there is none.
   */
  blob(digest: Digest, options?: BlobOptions): AsyncIterable<Uint8Array>;
  /** Pushes a blob in one piece, whether or not it is there already. */
  putBlob(blob: BlobSource, options?: CallOptions): Promise<void>;
  /** Takes a blob over from another repository of the same registry, and tells whether that worked. */
  mount(digest: Digest, fromPath: string, options?: CallOptions): Promise<boolean>;
}

/** Which registry, and how to get there. */
export interface RegistryOptions extends Omit<TransportOptions, "acceptsAnyCertificate"> {
  /** Names registry and repository; its tag and digest do not matter. */
  readonly reference: NormalizedReference;
  /** Default: none. */
  readonly credentials?: Credentials | undefined;
  /** What is going to be done there. Default: `pull`. */
  readonly access?: "pull" | "push" | undefined;
  /** Takes any certificate, and plain HTTP. Registries on loopback are spoken to in plain HTTP anyway. Default: false. */
  readonly isInsecure?: boolean | undefined;
  /** What the registry speaks, where that is known. Default: TLS, and plain HTTP on loopback. */
  readonly scheme?: "http" | "https" | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a repository. Nothing is sent yet, except where it has to be found out whether a registry that is marked as
 * insecure speaks TLS. The caller disposes of it.
 *
 * @throws {Problem} `registry_unreachable`
 */
export async function openRegistry(options: RegistryOptions): Promise<RegistryRepository> {
  const { reference, isInsecure = false, scheme } = options;
  const places = placesOf(reference, isInsecure, scheme);
  let failure: unknown;
  for (const place of places) {
    const repository = openPlace(options, place);
    if (places.length === 1) return repository;
    try {
      await repository.isThere(options.signal);
      return repository;
    } catch (error) {
      await repository[Symbol.asyncDispose]();
      options.signal?.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure;
}

function openPlace(
  options: RegistryOptions,
  { origin, acceptsAnyCertificate }: RegistryPlace,
): RegistryRepository & { isThere(signal: AbortSignal | undefined): Promise<void> } {
  const { domain, path } = options.reference;
  const { clock = systemClock, access = "pull", credentials = anonymous } = options;
  const name = formatReference({ domain, path });
  const transport = createTransport({ ...options, acceptsAnyCertificate });
  const authorizer = new Authorizer({ transport, name, origin, credentials });
  const session = new Session({ transport, authorizer, name, origin, clock });
  const base = new URL(`v2/${path}/`, origin);
  const scopes = [`repository:${path}:${access === "push" ? "pull,push" : "pull"}`];
  const core: RepositoryCore = { session, scopes, url: (relative) => new URL(relative, base) };
  const support = { method: "GET", url: new URL("v2/", origin), action: "talk to the registry", scopes } as const;
  return {
    name,
    origin: origin.origin,
    path,
    ping: async ({ signal } = {}) => discard(await session.send({ ...support, signal })),
    isThere: async (signal) => {
      const send = (): Promise<HttpAnswer> => transport.send({ ...support, headers: {}, signal });
      discard(await session.retry(() => session.reach(send, signal), signal));
    },
    manifest: (tagOrDigest, { signal } = {}) => getManifest(core, tagOrDigest, signal),
    manifestDescriptor: (tagOrDigest, { signal } = {}) => headManifest(core, tagOrDigest, signal),
    referrers: (digest, { signal } = {}) => listReferrers(core, digest, signal),
    addReferrers: (subject, manifests, { signal } = {}) => addReferrers(core, { subject, manifests }, signal),
    putManifest: (tagOrDigest, mediaType, bytes, { signal } = {}) =>
      putManifest(core, tagOrDigest, { mediaType, bytes, signal }),
    hasBlob: (digest, { signal } = {}) => hasBlob(core, digest, signal),
    blob: (digest, blobOptions = {}) => readBlob(core, digest, blobOptions),
    putBlob: (blob, { signal } = {}) => putBlob(core, blob, signal),
    mount: (digest, from, { signal } = {}) => mountBlob(core, digest, { from, signal }),
    [Symbol.asyncDispose]: async () => transport[Symbol.dispose](),
  };
}
