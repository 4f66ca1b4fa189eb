import type { Digest } from "@opendepot/oci";
import { registryAnswerInvalid } from "./problems.ts";
import { resolveLocation } from "./redirects.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { discard, type HttpAnswer } from "./transport.ts";

/** A blob that is to be pushed. */
export interface BlobSource {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Opens the content; called again when the push has to be repeated. */
  open(): AsyncIterable<Uint8Array>;
}

/** OCI distribution-spec v1.1, "POST then PUT": one upload, all in one piece, again from the start when it breaks. */
export async function putBlob(core: RepositoryCore, blob: BlobSource, signal: AbortSignal | undefined): Promise<void> {
  await core.session.retry(async () => {
    const upload = uploadUrl(core, await startUpload(core, { action: `push ${blob.digest}`, signal }));
    upload.searchParams.set("digest", blob.digest);
    const answer = await core.session.sendOnce({
      method: "PUT",
      url: upload,
      headers: { "content-type": "application/octet-stream" },
      body: { size: blob.size, open: () => blob.open() },
      action: `push ${blob.digest}`,
      scopes: core.scopes,
      signal,
    });
    discard(answer);
  }, signal);
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
  const body = { size: 0, open: async function* (): AsyncGenerator<Uint8Array> {} };
  const answer = await core.session.sendOnce({ method: "POST", url, body, action, scopes, signal });
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
