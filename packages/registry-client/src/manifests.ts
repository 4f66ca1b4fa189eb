import { type Descriptor, type Digest, digestOf, isDigest, MAX_MANIFEST_BYTES, MediaType } from "@opendepot/oci";
import { registryAnswerInvalid } from "./problems.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { discard, type HttpAnswer, readBounded } from "./transport.ts";
import { isDigestOf } from "./verify.ts";

/** A manifest or index as a registry has it; the digest has been checked. */
export interface RemoteManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const ACCEPTED = [MediaType.ociManifest, MediaType.ociIndex, MediaType.dockerManifest, MediaType.dockerIndex];

/** OCI distribution-spec v1.1, "Pulling manifests". */
export async function getManifest(
  core: RepositoryCore,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<RemoteManifest | undefined> {
  const { session, scopes } = core;
  const wanted = {
    method: "GET",
    url: core.url(`manifests/${reference}`),
    headers: { accept: ACCEPTED.join(", ") },
    action: `read the manifest ${reference}`,
    scopes,
    expects: [404],
    signal,
  } as const;
  return await session.read(wanted, async (answer) => {
    if (answer.status === 404) {
      discard(answer);
      return undefined;
    }
    return await readManifest(session.name, reference, answer);
  });
}

async function readManifest(name: string, reference: string, answer: HttpAnswer): Promise<RemoteManifest> {
  const mediaType = mediaTypeOf(answer);
  const bytes = await readBounded(answer, MAX_MANIFEST_BYTES);
  if (!bytes) throw registryAnswerInvalid(name, `the manifest ${reference} has more than ${MAX_MANIFEST_BYTES} bytes`);
  const announced = announcedDigest(answer);
  const digest = isDigest(reference) ? reference : (announced ?? digestOf(bytes));
  if (!isDigestOf(digest, bytes))
    throw registryAnswerInvalid(name, `the manifest that it sends as ${digest} is another`);
  return { descriptor: { mediaType: mediaType ?? ownMediaType(bytes), digest, size: bytes.length }, bytes };
}

/** OCI distribution-spec v1.1, "Checking if content exists in the registry". */
export async function headManifest(
  core: RepositoryCore,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<Descriptor | undefined> {
  const answer = await core.session.send({
    method: "HEAD",
    url: core.url(`manifests/${reference}`),
    headers: { accept: ACCEPTED.join(", ") },
    action: `look for the manifest ${reference}`,
    scopes: core.scopes,
    expects: [404],
    signal,
  });
  discard(answer);
  if (answer.status === 404) return undefined;
  const digest = isDigest(reference) ? reference : announcedDigest(answer);
  const size = Number(answer.headers["content-length"] ?? Number.NaN);
  // A registry that tells less than it should: reading it all tells the rest.
  if (digest === undefined || !Number.isSafeInteger(size)) {
    return (await getManifest(core, reference, signal))?.descriptor;
  }
  return { mediaType: mediaTypeOf(answer) ?? MediaType.ociManifest, digest, size };
}

/** OCI distribution-spec v1.1, "Pushing Manifests". */
export async function putManifest(
  core: RepositoryCore,
  reference: string,
  manifest: { readonly mediaType: string; readonly bytes: Uint8Array; readonly signal?: AbortSignal | undefined },
): Promise<Descriptor> {
  const { mediaType, bytes, signal } = manifest;
  const answer = await core.session.send({
    method: "PUT",
    url: core.url(`manifests/${reference}`),
    headers: { "content-type": mediaType },
    body: {
      size: bytes.length,
      open: async function* () {
        yield bytes;
      },
    },
    action: `push the manifest ${reference}`,
    scopes: core.scopes,
    signal,
  });
  discard(answer);
  const digest = announcedDigest(answer);
  if (digest !== undefined && !isDigestOf(digest, bytes)) {
    throw registryAnswerInvalid(
      core.session.name,
      `it has stored the manifest ${reference} as ${digest}, which it is not`,
    );
  }
  return { mediaType, digest: isDigest(reference) ? reference : digestOf(bytes), size: bytes.length };
}

function mediaTypeOf(answer: HttpAnswer): string | undefined {
  return answer.headers["content-type"]?.split(";", 1)[0]?.trim() || undefined;
}

function ownMediaType(bytes: Uint8Array): string {
  try {
    const { mediaType } = Object(JSON.parse(new TextDecoder().decode(bytes))) as Record<string, unknown>;
    if (typeof mediaType === "string") return mediaType;
  } catch {
    // whoever parses it will say so
  }
  return MediaType.ociManifest;
}

function announcedDigest(answer: HttpAnswer): Digest | undefined {
  const header = answer.headers["docker-content-digest"];
  return typeof header === "string" && isDigest(header) ? header : undefined;
}
