import { Problem } from "@opendepot/base";

/** What the mirror refuses, beside the problems of the registry client. */
export type MirrorProblemCode =
  | "upstream_unknown"
  | "upstream_invalid"
  | "upstream_name_invalid"
  | "address_forbidden"
  | "content_missing"
  | "content_too_large"
  | "archive_invalid"
  | "range_unsatisfiable"
  | "method_unsupported"
  | "mirror_closing"
  | "mirror_full"
  | "client_too_slow"
  | "schema_too_new"
  | "schema_changed";

type MirrorProblem = Problem<MirrorProblemCode>;

/** Names come from outside: a message holds the beginning of one. */
const quote = (text: string): string => JSON.stringify(text.slice(0, 200));

export function upstreamUnknown(host: string): MirrorProblem {
  return new Problem("upstream_unknown", `${quote(host)} is no registry that is mirrored here`, {
    hint: "an administrator adds it with: depot-server mirror add HOST",
    detail: { host: host.slice(0, 200) },
  });
}

export function upstreamInvalid(host: string): MirrorProblem {
  return new Problem("upstream_invalid", `not the host of a registry: ${quote(host)}`, {
    hint: "write it as image names do: docker.io, ghcr.io, registry.example.com:5000",
  });
}

export function upstreamNameInvalid(name: string): MirrorProblem {
  return new Problem("upstream_name_invalid", `not a repository or reference: ${quote(name)}`);
}

/** A name of the outside that leads to the inside. */
export function addressForbidden(host: string): MirrorProblem {
  return new Problem("address_forbidden", `${host} is at an address that the mirror does not go to`, {
    hint: "if this registry is meant to be inside: depot-server mirror add HOST --allow-private",
    detail: { host },
  });
}

export function contentMissing(what: string): MirrorProblem {
  return new Problem("content_missing", `no ${what}`, { detail: { what } });
}

export function contentTooLarge(what: string, maxBytes: number): MirrorProblem {
  return new Problem("content_too_large", `${what} has more than ${maxBytes} bytes`, {
    hint: "the mirror keeps nothing of this size; --mirror-size says how much it may keep",
    detail: { maxBytes },
  });
}

export function archiveInvalid(file: string, why: string, cause?: unknown): MirrorProblem {
  return new Problem("archive_invalid", `${file} is no image that can be imported: ${why}`, {
    cause,
    hint: "give an OCI layout (a folder, or a tar of one) or an archive of docker save; gzip is fine",
  });
}

export function rangeUnsatisfiable(size: number): MirrorProblem {
  return new Problem("range_unsatisfiable", `the range lies outside the ${size} bytes`, { detail: { size } });
}

export function methodUnsupported(method: string): MirrorProblem {
  return new Problem("method_unsupported", `${method.slice(0, 20)} is not supported: the mirror is only read`);
}

export function mirrorClosing(): MirrorProblem {
  return new Problem("mirror_closing", "the mirror is shutting down", { hint: "try again in a moment" });
}

export function mirrorFull(folder: string, cause: unknown): MirrorProblem {
  return new Problem("mirror_full", `no space is left in ${folder}`, {
    cause,
    hint: "free some space, or let the mirror keep less with --mirror-size",
  });
}

export function clientTooSlow(idleMs: number): MirrorProblem {
  return new Problem("client_too_slow", `the client took nothing for ${idleMs} ms`);
}

export function schemaTooNew(name: string): MirrorProblem {
  return new Problem("schema_too_new", `the database has ${name}, which this mirror does not know`, {
    hint: "run the version that made it, or a newer one",
  });
}

export function schemaChanged(name: string): MirrorProblem {
  return new Problem("schema_changed", `migration ${name} of the mirror is not the one that the database has`, {
    hint: "run a released version; migrations are never edited",
  });
}
