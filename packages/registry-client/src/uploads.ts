import { isProblem, type Problem } from "@opendepot/base";
import type { Digest } from "@opendepot/oci";
import { registryAnswerInvalid } from "./problems.ts";
import { resolveLocation } from "./redirects.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { Transient } from "./retries.ts";
import { type Body, discard, type HttpAnswer } from "./transport.ts";

/** A blob that is to be pushed. */
export interface BlobSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Opens the content; called again when the push has to be repeated. */
  open(): AsyncIterable<Uint8Array>;
  /** Opens the content from `offset` on, so that a push that broke off goes on there. Default: it begins again. */
  openFrom?(offset: number): AsyncIterable<Uint8Array>;
}

/** How often the rest of an upload is offered again to a registry that does not take it, before all of it is. */
const MAX_REFUSALS = 4;
const REFUSED_PAUSE_MS = 100;

const NOTHING: Body = { size: 0, open: async function* (): AsyncGenerator<Uint8Array> {} };

/**
 * OCI distribution-spec v1.1, "POST then PUT": one upload, all in one piece. One that breaks off goes on where the
 * registry says that it is, or else begins again.
 */
export async function putBlob(core: RepositoryCore, blob: BlobSource, signal: AbortSignal | undefined): Promise<void> {
  const upload = new Upload(core, blob, signal);
  await core.session.retry(() => upload.advance(), signal);
}

class Upload {
  readonly #core: RepositoryCore;
  readonly #blob: BlobSource;
  readonly #signal: AbortSignal | undefined;
  /** Where it goes on, once it was started. */
  #url: URL | undefined;

  constructor(core: RepositoryCore, blob: BlobSource, signal: AbortSignal | undefined) {
    this.#core = core;
    this.#blob = blob;
    this.#signal = signal;
  }

  /** Brings the upload to its end. @throws {Transient} when it broke off and the registry got no farther */
  async advance(): Promise<void> {
    let refusals = 0;
    for (let reached = await this.#reached(); ; ) {
      const failure = await this.#send(reached);
      if (failure === undefined) return;
      const isRestRefused = !(failure instanceof Transient);
      // It may still be busy with what broke off.
      if (isRestRefused) await this.#core.session.sleep(REFUSED_PAUSE_MS * 2 ** refusals, this.#signal);
      const now = refusals < MAX_REFUSALS ? await this.#reached() : 0;
      if (now <= reached && !isRestRefused) throw failure;
      refusals = now > reached ? 0 : refusals + 1;
      reached = now;
    }
  }

  /** @returns why the rest from `offset` on may be tried again: it broke off, or the registry does not take it there */
  async #send(offset: number): Promise<Transient | Problem | undefined> {
    try {
      await (offset === 0 ? this.#sendAll() : this.#sendRest(offset));
      return undefined;
    } catch (error) {
      if (error instanceof Transient || (offset > 0 && isProblem(error, "registry_refused"))) return error;
      throw error;
    }
  }

  async #sendAll(): Promise<void> {
    const { digest, size } = this.#blob;
    const started = await startUpload(this.#core, { action: `push ${digest}`, signal: this.#signal });
    this.#url = uploadUrl(this.#core, started);
    await this.#finish({ size, open: () => this.#blob.open() });
  }

  /** OCI distribution-spec v1.1, "Pushing a blob in chunks", of which the rest is the last one. */
  async #sendRest(offset: number): Promise<void> {
    const { digest, size } = this.#blob;
    if (this.#url === undefined) throw new Error("an upload that was not started cannot go on");
    if (offset < size) {
      const rest: Body = { size: size - offset, open: () => this.#blob.openFrom?.(offset) ?? this.#blob.open() };
      const answer = await this.#core.session.sendOnce({
        method: "PATCH",
        url: this.#url,
        headers: { "content-type": "application/octet-stream", "content-range": `${offset}-${size - 1}` },
        body: rest,
        action: `push the rest of ${digest}`,
        scopes: this.#core.scopes,
        signal: this.#signal,
      });
      discard(answer);
      this.#url = uploadUrl(this.#core, answer);
    }
    await this.#finish(NOTHING);
  }

  async #finish(body: Body): Promise<void> {
    const { digest } = this.#blob;
    const url = new URL(this.#url ?? "");
    url.searchParams.set("digest", digest);
    const answer = await this.#core.session.sendOnce({
      method: "PUT",
      url,
      headers: { "content-type": "application/octet-stream" },
      body,
      action: `push ${digest}`,
      scopes: this.#core.scopes,
      signal: this.#signal,
    });
    discard(answer);
  }

  /**
   * How many bytes the registry has got of the upload that broke off; 0 where it does not say, or where it begins again.
   * `0-0` means one byte or none: distribution-spec v1.1, "Getting a blob upload's status".
   */
  async #reached(): Promise<number> {
    if (this.#url === undefined || this.#blob.openFrom === undefined) return 0;
    try {
      const answer = await this.#core.session.sendOnce({
        method: "GET",
        url: this.#url,
        action: "go on with an upload",
        scopes: this.#core.scopes,
        signal: this.#signal,
      });
      discard(answer);
      const [, last = "0"] = /^(?:bytes=)?0-(\d{1,15})$/.exec(String(answer.headers["range"] ?? "")) ?? [];
      const isUsable = answer.status === 204 && last !== "0" && Number(last) < this.#blob.size;
      if (isUsable && answer.headers.location !== undefined) this.#url = uploadUrl(this.#core, answer);
      return isUsable ? Number(last) + 1 : 0;
    } catch {
      this.#signal?.throwIfAborted();
      return 0; // it is begun again, and if the registry stays away, that says so
    }
  }
}

/** OCI distribution-spec v1.1, "Mounting a blob from another repository": whether that worked. */
export async function mountBlob(
  core: RepositoryCore,
  digest: Digest,
  options: { readonly from: string; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const { from, signal } = options;
  const query = new URLSearchParams({ mount: digest, from });
  const action = `mount ${digest} from ${from}`;
  const scopes = [...core.scopes, `repository:${from}:pull`];
  const answer = await core.session.retry(() => startUpload(core, { action, query, scopes, signal }), signal);
  if (answer.status === 201) return true;
  await cancelUpload(core, answer, signal);
  return false;
}

interface UploadStart {
  readonly action: string;
  readonly query?: URLSearchParams | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function startUpload(core: RepositoryCore, start: UploadStart): Promise<HttpAnswer> {
  const url = core.url("blobs/uploads/");
  url.search = start.query?.toString() ?? "";
  const { action, scopes = core.scopes, signal } = start;
  const answer = await core.session.sendOnce({ method: "POST", url, body: NOTHING, action, scopes, signal });
  discard(answer);
  if (answer.status === 202 || answer.status === 201) return answer;
  throw registryAnswerInvalid(core.session.name, `status ${answer.status} instead of an upload`);
}

function uploadUrl(core: RepositoryCore, { headers, url }: HttpAnswer): URL {
  return resolveLocation(headers.location, url, core.session.name);
}

/** An upload that nobody needs only costs the registry room for a while: it may fail. */
async function cancelUpload(core: RepositoryCore, started: HttpAnswer, signal: AbortSignal | undefined): Promise<void> {
  try {
    const url = uploadUrl(core, started);
    const action = "cancel an upload";
    discard(await core.session.sendOnce({ method: "DELETE", url, action, scopes: core.scopes, signal }));
  } catch {
    signal?.throwIfAborted();
  }
}
