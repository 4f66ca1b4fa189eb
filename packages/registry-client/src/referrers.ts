import { type Descriptor, type Digest, isIndexType, MAX_MANIFEST_BYTES, makeIndex, parseIndex } from "@opendepot/oci";
import { getManifest, putManifest } from "./manifests.ts";
import { registryAnswerInvalid } from "./problems.ts";
import { resolveLocation } from "./redirects.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { discard, type HttpAnswer, readBounded } from "./transport.ts";

/** Somebody who knows what names a manifest as its subject. */
export interface ReferrerSource {
  /** What has this digest as its subject, whether or not there is anything of this digest. */
  referrers(
    digest: Digest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly manifests: readonly Descriptor[] }>;
}

/** What names a manifest as its subject, as a registry has it. */
export interface Referrers {
  readonly manifests: readonly Descriptor[];
  /** Who keeps the list: the registry by itself, or clients under a tag where the registry does not know how. */
  readonly keptBy: "registry" | "clients";
}

const MAX_REFERRERS = 2_000;
const MAX_PAGES = 100;

/** OCI distribution-spec v1.1, "Listing Referrers"; where there is no such list, "Referrers Tag Schema". */
export async function listReferrers(
  core: RepositoryCore,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<Referrers> {
  const found: Descriptor[] = [];
  let next: URL | undefined = core.url(`referrers/${subject}`);
  for (let pages = 0; next !== undefined; pages++) {
    const page: Page | undefined = await readPage(core, { url: next, subject, signal });
    if (page === undefined) return { manifests: await readTag(core, subject, signal), keptBy: "clients" };
    found.push(...page.manifests);
    if (found.length > MAX_REFERRERS || pages >= MAX_PAGES) {
      throw registryAnswerInvalid(core.session.name, `more refers to ${subject} than is read`);
    }
    next = page.next;
  }
  return { manifests: found, keptBy: "registry" };
}

/**
 * Adds to the list that clients keep: OCI distribution-spec v1.1, "Pushing Manifests with Subject". Others may do so at
 * the same time; the last one wins, as the specification has no way to tell.
 */
export async function addReferrers(
  core: RepositoryCore,
  { subject, manifests }: { readonly subject: Digest; readonly manifests: readonly Descriptor[] },
  signal: AbortSignal | undefined,
): Promise<void> {
  const known = await readTag(core, subject, signal);
  const digests = new Set(known.map(({ digest }) => digest));
  const added = manifests.filter(({ digest }) => !digests.has(digest));
  if (added.length === 0) return;
  const { descriptor, bytes } = makeIndex([...known, ...added]);
  await putManifest(core, tagOf(subject), { mediaType: descriptor.mediaType, bytes, signal });
}

interface Page {
  readonly manifests: readonly Descriptor[];
  readonly next: URL | undefined;
}

/** Undefined where the registry has no such lists; a page of something else is none either. */
async function readPage(
  core: RepositoryCore,
  wanted: { readonly url: URL; readonly subject: Digest; readonly signal: AbortSignal | undefined },
): Promise<Page | undefined> {
  const { session, scopes } = core;
  const { url, subject, signal } = wanted;
  const action = `list what refers to ${subject}`;
  return await session.read({ method: "GET", url, action, scopes, expects: [404], signal }, async (answer) => {
    const type = answer.headers["content-type"]?.split(";", 1)[0]?.trim() ?? "";
    if (answer.status === 404 || !isIndexType(type)) {
      discard(answer);
      return undefined;
    }
    const bytes = await readBounded(answer, MAX_MANIFEST_BYTES);
    if (!bytes) throw registryAnswerInvalid(session.name, `the list of what refers to ${subject} is too long`);
    return { manifests: parseIndex(bytes, type).manifests, next: nextOf(answer, session.name) };
  });
}

/** RFC 8288, as the specification uses it. */
function nextOf({ headers, url }: HttpAnswer, name: string): URL | undefined {
  const [link = ""] = [headers.link ?? ""].flat();
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link) ?? [];
  return target === undefined ? undefined : resolveLocation(target, url, name);
}

async function readTag(
  core: RepositoryCore,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const found = await getManifest(core, tagOf(subject), signal);
  if (found === undefined) return [];
  const { mediaType } = found.descriptor;
  if (isIndexType(mediaType)) return parseIndex(found.bytes, mediaType).manifests;
  throw registryAnswerInvalid(core.session.name, `the tag ${tagOf(subject)} is no list of what refers to ${subject}`);
}

/** At most 64 characters of the digest, as the specification says. */
function tagOf(subject: Digest): string {
  const [algorithm = "", hex = ""] = subject.split(":");
  return `${algorithm}-${hex.slice(0, 64)}`;
}
