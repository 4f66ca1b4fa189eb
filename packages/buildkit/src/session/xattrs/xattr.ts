/** An extended attribute of a file or directory. */
export interface Xattr {
  /** With its namespace, as in `user.note`. */
  readonly name: string;
  readonly value: Uint8Array;
}

export const NO_XATTRS: readonly Xattr[] = [];
