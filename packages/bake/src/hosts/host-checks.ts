import type { HostNames } from "@opendepot/oci";

/** What a path leads to, links followed. */
export interface HostEntry {
  readonly kind: "file" | "folder" | "socket" | "other";
  /** In bytes. */
  readonly size: number;
}

/** Why a path leads nowhere: a system error's code, for instance `ENOENT`. */
export interface HostFault {
  readonly code: string;
}

/** The little that has to be known of this machine before targets can be printed or built. */
export interface HostChecks {
  /** Looks at a path, relative to the working folder. Never throws for what is wrong with the path. */
  stat(path: string): Promise<HostEntry | HostFault>;
  /** An environment variable. */
  variable(name: string): string | undefined;
  /** Tells why a file is no private SSH key, in the words of Go's x/crypto/ssh; undefined when it is one. */
  privateKeyFault(path: string): Promise<string | undefined>;
  /** Whether stdout is a terminal, which gets no archives. */
  readonly isStdoutTerminal: boolean;
  /** Absolute path of the working folder. */
  readonly workingFolder: string;
  /** For platforms that are written in part. */
  readonly host: HostNames;
}

const FAULTS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EIO: "input/output error",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
};

/** A system error in the words of Go and the C library. */
export function describeFault({ code }: HostFault): string {
  return FAULTS[code] ?? code;
}

/** Tells entries from faults. */
export function isFault(found: HostEntry | HostFault): found is HostFault {
  return "code" in found;
}
