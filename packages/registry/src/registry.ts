import { type CollectOptions, collect } from "./collect/collect.ts";
import type { CollectReport } from "./collect/report.ts";
import { RegistryContent } from "./content/content.ts";
import type { Context } from "./context.ts";
import { handle } from "./http/handler.ts";
import type { RegistryRequest, RegistryResponse } from "./http/messages.ts";
import type { ImageStore } from "./metadata/image-store.ts";
import { createMetadata } from "./metadata/metadata.ts";
import { type RegistryOptions, resolveRegistryOptions } from "./options.ts";
import { registryClosing } from "./problems.ts";
import { openTokenSigner } from "./tokens/token-signer.ts";

/** A running registry. Disposing refuses new requests and waits for those that run; it closes nothing that it was given. */
export interface Registry extends AsyncDisposable {
  /** What is in the repositories. It asks nobody for rights. */
  readonly content: RegistryContent;
  /** Images as people see them, and how long they stay. It asks nobody for rights. */
  readonly images: ImageStore;
  /** Whether a path is the registry's to answer: `/v2`, everything below it, and where tokens are to be had. */
  owns(path: string): boolean;
  /**
   * Answers a request of HTTP/1.1 or HTTP/2; never rejects. A server in front must not limit the time of a whole
   * request: a large blob takes long.
   */
  handle(request: RegistryRequest, response: RegistryResponse): Promise<void>;
  /** Removes what nobody needs any more, while everything else goes on. To be called now and then, by any server. */
  collect(options?: CollectOptions): Promise<CollectReport>;
}

/** Opens a registry on a database with the registry's tables. */
export async function openRegistry<Tables>(options: RegistryOptions<Tables>): Promise<Registry> {
  const resolved = resolveRegistryOptions(options);
  const metadata = createMetadata(options.database, resolved.limits.keepMs);
  const closing = new AbortController();
  const context: Context = {
    ...resolved,
    metadata,
    blobs: options.blobs,
    access: options.access,
    anonymous: options.anonymous,
    publicUrl: options.publicUrl,
    onManifest: options.onManifest,
    upstream: options.upstream,
    signer: await openTokenSigner(metadata.db, resolved.limits.tokenSeconds),
    running: new Map(),
    closing: closing.signal,
  };
  return new OpenRegistry(context, closing);
}

class OpenRegistry implements Registry {
  readonly content: RegistryContent;
  readonly images: ImageStore;
  readonly #context: Context;
  readonly #closing: AbortController;
  readonly #running = new Set<Promise<unknown>>();

  constructor(context: Context, closing: AbortController) {
    this.content = new RegistryContent(context);
    this.images = context.metadata.images;
    this.#context = context;
    this.#closing = closing;
  }

  owns(path: string): boolean {
    return path === "/v2" || path.startsWith("/v2/") || path === this.#context.tokenPath;
  }

  async handle(request: RegistryRequest, response: RegistryResponse): Promise<void> {
    await this.#track(handle(this.#context, request, response));
  }

  async collect(options?: CollectOptions): Promise<CollectReport> {
    return await this.#track(collect(this.#context, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(registryClosing());
    await Promise.allSettled(this.#running);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}
