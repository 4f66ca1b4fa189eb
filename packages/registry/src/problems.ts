import { Problem } from "@opendepot/base";

/** What the registry refuses, beside the problems of the blob store. */
export type RegistryProblemCode =
  | "name_invalid"
  | "name_unknown"
  | "tag_invalid"
  | "digest_invalid"
  | "blob_unknown"
  | "blob_in_use"
  | "blob_too_large"
  | "upload_unknown"
  | "upload_range_invalid"
  | "upload_size_wrong"
  | "range_unsatisfiable"
  | "manifest_unknown"
  | "manifest_invalid"
  | "manifest_too_large"
  | "manifest_blob_unknown"
  | "page_invalid"
  | "page_token_invalid"
  | "credentials_missing"
  | "credentials_wrong"
  | "scope_insufficient"
  | "not_permitted"
  | "token_request_invalid"
  | "request_invalid"
  | "path_unknown"
  | "method_unsupported"
  | "too_many_uploads"
  | "client_too_slow"
  | "upstream_denied"
  | "upstream_rate_limited"
  | "upstream_unreachable"
  | "registry_closing"
  | "listen_failed"
  | "schema_too_new"
  | "schema_changed";

type RegistryProblem = Problem<RegistryProblemCode>;

/** Names come from outside: a message holds the beginning of one. */
const quote = (text: string): string => JSON.stringify(text.slice(0, 200));

export function nameInvalid(name: string): RegistryProblem {
  return new Problem("name_invalid", `not a repository name: ${quote(name)}`, {
    hint: "use lower-case letters, digits and single . _ - between them, with / between components, 255 characters at most",
    detail: { name: name.slice(0, 200) },
  });
}

export function nameUnknown(name: string): RegistryProblem {
  return new Problem("name_unknown", `no repository ${quote(name)}`, { detail: { name } });
}

export function tagInvalid(tag: string): RegistryProblem {
  return new Problem("tag_invalid", `neither a tag nor a digest: ${quote(tag)}`, {
    hint: "a tag has up to 128 letters, digits, _ . and -, and begins with none of the last two",
  });
}

export function digestInvalid(digest: string): RegistryProblem {
  return new Problem("digest_invalid", `not a sha256 or sha512 digest: ${quote(digest)}`, {
    hint: "a digest looks like sha256: followed by 64 lower-case hex digits",
  });
}

export function digestWrong(claimed: string, actual: string): RegistryProblem {
  return new Problem("digest_invalid", `the content is ${actual}, not ${claimed}`, { detail: { claimed, actual } });
}

export function blobUnknown(digest: string): RegistryProblem {
  return new Problem("blob_unknown", `this repository has no blob ${digest}`, { detail: { digest } });
}

export function blobInUse(digest: string): RegistryProblem {
  return new Problem("blob_in_use", `blob ${digest} belongs to a manifest of this repository`, {
    hint: "delete the manifest; its blobs go with it",
    detail: { digest },
  });
}

export function blobTooLarge(maxBytes: number): RegistryProblem {
  return new Problem("blob_too_large", `blobs of more than ${maxBytes} bytes are not taken`, { detail: { maxBytes } });
}

export function uploadUnknown(id: string): RegistryProblem {
  return new Problem("upload_unknown", `this repository has no upload ${quote(id)}`, { hint: "start a new upload" });
}

export function uploadRangeInvalid(range: string): RegistryProblem {
  return new Problem("upload_range_invalid", `not a Content-Range of a chunk: ${quote(range)}`, {
    hint: "write first-last, both inclusive, with a Content-Length that fits",
  });
}

export function uploadSizeWrong(expected: number, actual: number): RegistryProblem {
  return new Problem("upload_size_wrong", `the chunk was announced with ${expected} bytes but has ${actual}`);
}

export function rangeUnsatisfiable(range: string, size: number): RegistryProblem {
  return new Problem("range_unsatisfiable", `range ${quote(range)} lies outside the ${size} bytes`, {
    detail: { size },
  });
}

export function manifestUnknown(reference: string): RegistryProblem {
  return new Problem("manifest_unknown", `this repository has no manifest ${quote(reference)}`, {
    detail: { reference },
  });
}

export function manifestInvalid(why: string, cause?: unknown): RegistryProblem {
  return new Problem("manifest_invalid", `invalid manifest: ${why}`, { cause });
}

export function manifestTooLarge(maxBytes: number): RegistryProblem {
  return new Problem("manifest_too_large", `manifests of more than ${maxBytes} bytes are not taken`, {
    detail: { maxBytes },
  });
}

export function manifestBlobUnknown(digest: string): RegistryProblem {
  return new Problem("manifest_blob_unknown", `the manifest refers to ${digest}, which this repository has not`, {
    hint: "push the blobs and the manifests of an index first",
    detail: { digest },
  });
}

export function pageInvalid(n: string): RegistryProblem {
  return new Problem("page_invalid", `not a number of results: ${quote(n)}`, { hint: "n is 0 or more" });
}

export function imagePageInvalid(): RegistryProblem {
  return new Problem("page_token_invalid", "not a page token of this list", { hint: "start with the first page" });
}

export function credentialsMissing(): RegistryProblem {
  return new Problem("credentials_missing", "authentication is required", { hint: "docker login this registry first" });
}

export function credentialsWrong(): RegistryProblem {
  return new Problem("credentials_wrong", "the credentials are not accepted", {
    hint: "docker login again; a token may have expired or been revoked",
  });
}

export function scopeInsufficient(action: string, repository: string): RegistryProblem {
  return new Problem("scope_insufficient", `the token does not allow ${action} in ${repository}`);
}

export function notPermitted(action: string, repository: string): RegistryProblem {
  return new Problem("not_permitted", `you may not ${action} in ${repository}`, {
    hint: "use a token with this right",
    detail: { action, repository },
  });
}

export function tokenRequestInvalid(why: string): RegistryProblem {
  return new Problem("token_request_invalid", why);
}

export function requestInvalid(why: string): RegistryProblem {
  return new Problem("request_invalid", why);
}

export function pathUnknown(): RegistryProblem {
  return new Problem("path_unknown", "no such path in the API of registries");
}

export function methodUnsupported(method: string): RegistryProblem {
  return new Problem("method_unsupported", `${method.slice(0, 20)} is not supported here`);
}

export function tooManyUploads(limit: number): RegistryProblem {
  return new Problem("too_many_uploads", `more than ${limit} uploads at once`, {
    hint: "try again when some of them have ended",
    detail: { limit },
  });
}

export function clientTooSlow(idleMs: number): RegistryProblem {
  return new Problem("client_too_slow", `nothing moved for ${idleMs} ms`, {
    hint: "start again; uploads go on where they were",
  });
}

export function registryClosing(): RegistryProblem {
  return new Problem("registry_closing", "the registry is shutting down", { hint: "try again in a moment" });
}

export function listenFailed(where: string, cause: unknown): RegistryProblem {
  return new Problem("listen_failed", `the registry cannot listen on ${where}`, {
    cause,
    hint: "choose another address or port, or stop what uses it",
  });
}

export function schemaTooNew(name: string): RegistryProblem {
  return new Problem("schema_too_new", `the database has ${name}, which this registry does not know`, {
    hint: "run the version that made it, or a newer one",
  });
}

export function schemaChanged(name: string): RegistryProblem {
  return new Problem("schema_changed", `migration ${name} is not the one that the database has`, {
    hint: "run a released version; migrations are never edited",
  });
}
