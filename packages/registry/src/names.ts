import { digestInvalid, nameInvalid, tagInvalid } from "./problems.ts";

// OCI distribution-spec v1.1, "Pulling manifests": names, tags; image-spec v1.1, "Digests".
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const MAX_NAME = 255;

/** Whether `name` may name a repository: components of lower-case letters, digits and separators, joined by `/`. */
export function isRepositoryName(name: string): boolean {
  return name.length <= MAX_NAME && NAME.test(name);
}

/** @throws {Problem} `name_invalid` */
export function parseRepositoryName(name: string): string {
  if (!isRepositoryName(name)) throw nameInvalid(name);
  return name;
}

/** @throws {Problem} `digest_invalid`, also for algorithms that this registry does not store */
export function parseDigest(digest: string): string {
  if (!DIGEST.test(digest)) throw digestInvalid(digest);
  return digest;
}

/** What follows `/manifests/`. */
export type ManifestReference =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "digest"; readonly digest: string };

/** @throws {Problem} `tag_invalid`, `digest_invalid` */
export function parseManifestReference(text: string): ManifestReference {
  if (text.includes(":")) return { kind: "digest", digest: parseDigest(text) };
  return { kind: "tag", tag: parseTag(text) };
}

/** @throws {Problem} `tag_invalid` */
export function parseTag(tag: string): string {
  if (!TAG.test(tag)) throw tagInvalid(tag);
  return tag;
}
