import type { ByteString } from "../../filter/byte-string.ts";
import { decode, type MessageType, message } from "../../wire/index.ts";
import { isSettable } from "../xattrs/write-xattrs.ts";
import type { Xattr } from "../xattrs/xattr.ts";

/** `fsutil.types.Stat` with names as bytes: they need not be UTF-8. */
export interface RawStat {
  readonly path: ByteString;
  /** Go's `os.FileMode`. */
  readonly mode: number;
  readonly size: bigint;
  /** Unix nanoseconds. */
  readonly modTime: bigint;
  readonly linkname: ByteString;
  readonly devmajor: bigint;
  readonly devminor: bigint;
  /** Those that a builder may set here. */
  readonly xattrs: readonly Xattr[];
}

/** `fsutil.types.Packet` with {@link RawStat}. */
export interface RawPacket {
  readonly type: number;
  readonly stat: RawStat | undefined;
  readonly id: number;
  /** A view into the message. */
  readonly data: Uint8Array;
}

type WireStat = Omit<RawStat, "path" | "linkname" | "xattrs"> & {
  readonly path: Uint8Array;
  readonly linkname: Uint8Array;
  readonly xattrs: Readonly<Record<string, Uint8Array>>;
};

const WireStat: MessageType<WireStat> = message("fsutil.types.Stat", () => [
  [1, "path", "bytes"],
  [2, "mode", "uint32"],
  [5, "size", "int64"],
  [6, "modTime", "int64"],
  [7, "linkname", "bytes"],
  [8, "devmajor", "int64"],
  [9, "devminor", "int64"],
  [10, "xattrs", "bytes", "map", "string"],
]);

type WirePacket = Omit<RawPacket, "stat"> & { readonly stat: WireStat | undefined };

const WirePacket: MessageType<WirePacket> = message("fsutil.types.Packet", () => [
  [1, "type", "enum"],
  [2, "stat", WireStat],
  [3, "id", "uint32"],
  [4, "data", "bytes"],
]);

/** @throws {WireError} when the bytes are no packet */
export function decodePacket(bytes: Uint8Array): RawPacket {
  const packet = decode(WirePacket, bytes);
  const { stat } = packet;
  if (!stat) return { ...packet, stat: undefined };
  const xattrs = settableXattrs(stat.xattrs);
  return { ...packet, stat: { ...stat, path: latin1(stat.path), linkname: latin1(stat.linkname), xattrs } };
}

/** Copied: a stat is kept for longer than its message. */
function settableXattrs(xattrs: Readonly<Record<string, Uint8Array>>): readonly Xattr[] {
  return Object.entries(xattrs)
    .filter(([name]) => isSettable(name))
    .map(([name, value]) => ({ name, value: new Uint8Array(value) }));
}

function latin1(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
