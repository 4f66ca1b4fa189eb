/** Bits of Go's `os.FileMode`, which is what the protocol carries: not those of `st_mode`. */
export const GoMode = {
  directory: 0x80000000,
  symlink: 0x08000000,
  device: 0x04000000,
  namedPipe: 0x02000000,
  setuid: 0x00800000,
  setgid: 0x00400000,
  charDevice: 0x00200000,
  sticky: 0x00100000,
} as const;

/** All bits that say what kind of file it is: Go's `os.ModeType`. Without any, it is a regular file. */
const TYPE_BITS = 0x8f280000;

const S_IFMT = 0o170000;
const TYPE_OF = new Map<number, number>([
  [0o040000, GoMode.directory],
  [0o120000, GoMode.symlink],
  [0o060000, GoMode.device],
  [0o020000, GoMode.device + GoMode.charDevice],
  [0o010000, GoMode.namedPipe],
]);

/** From `st_mode`. Sockets become regular files, as fsutil sends them: a tar has no word for them. */
export function toGoMode(mode: number): number {
  return (
    (mode & 0o777) +
    (TYPE_OF.get(mode & S_IFMT) ?? 0) +
    (mode & 0o4000 ? GoMode.setuid : 0) +
    (mode & 0o2000 ? GoMode.setgid : 0) +
    (mode & 0o1000 ? GoMode.sticky : 0)
  );
}

/** Permissions with setuid, setgid and sticky, as `chmod` takes them. */
export function toPermissions(goMode: number): number {
  return (
    (goMode & 0o777) |
    (hasBits(goMode, GoMode.setuid) ? 0o4000 : 0) |
    (hasBits(goMode, GoMode.setgid) ? 0o2000 : 0) |
    (hasBits(goMode, GoMode.sticky) ? 0o1000 : 0)
  );
}

export function hasBits(goMode: number, bits: number): boolean {
  return (goMode & bits) >>> 0 === bits;
}

/** Whether the other side may ask for its content: fsutil `fileCanRequestData`. */
export function isRegular(goMode: number): boolean {
  return (goMode & TYPE_BITS) === 0;
}
