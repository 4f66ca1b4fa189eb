import { messageOf, Problem, systemCodeOf } from "@opendepot/base";

/** What session services may throw as a {@link Problem}. */
export type SessionProblemCode =
  | "cache_attribute_missing"
  | "cache_unwritable"
  | "context_missing"
  | "context_unreadable"
  | "credential_helper_failed"
  | "docker_config_invalid"
  | "engine_protocol"
  | "layout_invalid"
  | "output_incomplete"
  | "output_is_folder"
  | "output_mirror_unsupported"
  | "output_unwritable"
  | "registry_token_refused"
  | "secret_file_missing"
  | "secret_too_large"
  | "secret_unreadable"
  | "ssh_agent_unreachable"
  | "ssh_key_unusable"
  | "ssh_source_invalid"
  | "xattrs_unavailable";

/** The reasons that people know, by system error code; anything else shows as Node.js says it. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  ENAMETOOLONG: "the path is too long for this system",
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EIO: "input/output error",
  ELOOP: "too many levels of symbolic links",
};

/** Whether an error comes from the operating system, by way of Node.js. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function reasonOf(error: unknown): string {
  const code = systemCodeOf(error);
  return (code === undefined ? undefined : REASONS[code]) ?? messageOf(error);
}

/** The folder that a name stands for cannot be used at all. */
export function contextMissing(path: string, cause: unknown): Problem<"context_missing"> {
  return new Problem("context_missing", `cannot use ${path} as a build context: ${reasonOf(cause)}`, {
    hint: "check the path of the build context",
    cause,
  });
}

/** Something in a folder cannot be read. `path` is relative to the folder. */
export function contextUnreadable(path: string, cause: unknown): Problem<"context_unreadable"> {
  const isTooLong = systemCodeOf(cause) === "ENAMETOOLONG";
  return new Problem("context_unreadable", `cannot read ${path || "."} in the build context: ${reasonOf(cause)}`, {
    hint: isTooLong ? "shorten the path or list it in .dockerignore" : "make it readable or list it in .dockerignore",
    detail: { path },
    cause,
  });
}

/** The other side broke the protocol. */
export function protocolViolated(what: string): Problem<"engine_protocol"> {
  return new Problem("engine_protocol", `the engine broke the file transfer protocol: ${what}`, {
    hint: "check that the engine is a BuildKit that can be trusted",
  });
}

/** An output cannot be written. `path` is where it was to go. */
export function outputUnwritable(path: string, cause: unknown): Problem<"output_unwritable"> {
  const isFull = ["ENOSPC", "EDQUOT"].includes(systemCodeOf(cause) ?? "");
  return new Problem("output_unwritable", `cannot write ${path}: ${reasonOf(cause)}`, {
    hint: isFull ? "make room on the disk" : "check the destination of the output",
    detail: { path },
    cause,
  });
}

/** A file output whose destination is a directory. */
export function outputIsFolder(path: string): Problem<"output_is_folder"> {
  return new Problem("output_is_folder", `destination file ${path} is a directory`, {
    hint: "name a file, or use type=local for a directory",
  });
}

/** The engine cannot send a result in the way that is needed to remove what is not in it. */
export function outputMirrorUnsupported(): Problem<"output_mirror_unsupported"> {
  return new Problem("output_mirror_unsupported", "the engine is too old for mode=delete of a local output", {
    hint: "leave mode=delete out and empty the folder beforehand, or use a newer BuildKit",
  });
}

/** The archive ended before its end. */
export function outputIncomplete(path: string): Problem<"output_incomplete"> {
  return new Problem("output_incomplete", `the archive for ${path} was cut short`, {
    hint: "see the error of the build; nothing was written",
  });
}

/** A secret's file is not there. */
export function secretFileMissing(id: string, path: string): Problem<"secret_file_missing"> {
  return new Problem("secret_file_missing", `the file ${path} of secret ${id} does not exist`, {
    hint: `check src= of --secret id=${id}`,
    detail: { id, path },
  });
}

/** A secret's file is there and cannot be read. */
export function secretUnreadable(id: string, path: string, cause: unknown): Problem<"secret_unreadable"> {
  return new Problem("secret_unreadable", `cannot read the file ${path} of secret ${id}: ${reasonOf(cause)}`, {
    hint: "make the file readable for you",
    detail: { id, path },
    cause,
  });
}

/** More than BuildKit takes. */
export function secretTooLarge(id: string, maxBytes: number): Problem<"secret_too_large"> {
  return new Problem("secret_too_large", `secret ${id} is larger than ${maxBytes / 1024} KiB`, {
    hint: "pass large files in the build context or fetch them with a token",
    detail: { id, maxBytes },
  });
}

/** Docker's configuration file is not what it should be. */
export function dockerConfigInvalid(path: string, what: string): Problem<"docker_config_invalid"> {
  return new Problem("docker_config_invalid", `${path} is not a docker configuration: ${what}`, {
    hint: "repair the file, or move it away and run docker login again",
    detail: { path },
  });
}

/** A credential helper that is configured does not work. `what` is free of credentials. */
export function credentialHelperFailed(
  helper: string,
  what: string,
  cause?: unknown,
): Problem<"credential_helper_failed"> {
  return new Problem("credential_helper_failed", `${helper} did not give credentials: ${what}`, {
    hint: `check that ${helper} works, or remove it from docker's config.json`,
    detail: { helper },
    cause,
  });
}

/** A registry's token server did not give a token. `what` is free of credentials. */
export function tokenRefused(host: string, what: string, cause?: unknown): Problem<"registry_token_refused"> {
  return new Problem("registry_token_refused", `no token for ${host}: ${what}`, {
    hint: `check your login with docker login ${host}`,
    detail: { host },
    cause,
  });
}

/** No agent answers at a socket. */
export function sshAgentUnreachable(path: string, cause: unknown): Problem<"ssh_agent_unreachable"> {
  const code = systemCodeOf(cause);
  const what = code === "ECONNREFUSED" ? "nothing listens there" : reasonOf(cause);
  const subject =
    code === "ENOENT" ? `there is neither an SSH agent nor a key at ${path}` : `cannot reach the SSH agent at ${path}`;
  return new Problem("ssh_agent_unreachable", `${subject}: ${what}`, {
    hint: "start an agent with eval $(ssh-agent), or give a key file: --ssh default=path",
    detail: { path },
    cause,
  });
}

/** A private key file cannot be used. `what` says why. */
export function sshKeyUnusable(path: string, what: string, cause?: unknown): Problem<"ssh_key_unusable"> {
  return new Problem("ssh_key_unusable", `cannot use the SSH key ${path}: ${what}`, {
    hint: "add it to an agent with ssh-add, and pass the agent: --ssh default",
    detail: { path },
    cause,
  });
}

/** What was given for one id does not go together. */
export function sshSourceInvalid(id: string, what: string): Problem<"ssh_source_invalid"> {
  return new Problem("ssh_source_invalid", `SSH source ${id}: ${what}`, {
    hint: "give one agent socket, or one or more private key files, for each id",
    detail: { id },
  });
}

/** A local cache without its folder. */
export function cacheAttributeMissing(
  direction: "import" | "export",
  attribute: "src" | "dest",
): Problem<"cache_attribute_missing"> {
  return new Problem("cache_attribute_missing", `local cache ${direction}er requires ${attribute}`, {
    hint: `give it as ${attribute}=FOLDER`,
  });
}

/** Blobs cannot be stored in a folder. */
export function cacheUnwritable(folder: string, cause: unknown): Problem<"cache_unwritable"> {
  return new Problem("cache_unwritable", `cannot write to ${folder}: ${reasonOf(cause)}`, {
    hint: "check the folder's rights and the space on its disk",
    detail: { folder },
    cause,
  });
}

/** A folder that should be an OCI image layout is none, or has not what is wanted of it. */
export function layoutInvalid(folder: string, what: string, cause?: unknown): Problem<"layout_invalid"> {
  return new Problem("layout_invalid", `cannot use ${folder} as an image layout: ${what}`, {
    hint: "check the path, and the tag or digest behind it",
    detail: { folder },
    cause,
  });
}

/** Extended attributes can be neither read nor written, on a system that has them. */
export function xattrsUnavailable(cause: unknown): Problem<"xattrs_unavailable"> {
  const [reason] = messageOf(cause).split("\n"); // what follows is where Node.js has looked
  return new Problem("xattrs_unavailable", `extended attributes of files are left out: ${reason}`, {
    hint: "install @napi-rs/xattr for this platform; the single executable needs a TMPDIR that programs may run from",
    cause,
  });
}
