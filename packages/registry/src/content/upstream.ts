import type { Readable } from "node:stream";
import type { ByteRange } from "../blobs/blob-store.ts";

/** A blob that can be read while it is on its way here. */
export interface UpstreamBlob {
  readonly size: number;
  /** Opens it, or a part of it. The caller destroys the stream. */
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
}

/**
 * Brings content here when somebody who may pull it asks for it, as a mirror does. Both are called before the answer is
 * made, with names that were checked.
 *
 * What they throw is the answer: `manifest_unknown`, `blob_unknown`, `upstream_denied` (403), `upstream_rate_limited`
 * (429) or `upstream_unreachable` (502), with message and hint for the person who pulls.
 */
export interface Upstream {
  /** Before a manifest is looked up by tag or digest, also one that is here: it may be out of date. */
  manifest(repository: string, reference: string, signal: AbortSignal): Promise<void>;

  /** For a blob that the repository has not: undefined when it is there now, or nowhere. */
  blob(repository: string, digest: string, signal: AbortSignal): Promise<UpstreamBlob | undefined>;
}
