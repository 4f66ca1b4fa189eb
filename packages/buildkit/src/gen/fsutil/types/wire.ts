// Generated from proto/fsutil/types/wire.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";

export const Packet_PacketType = {
  PACKET_STAT: 0,
  PACKET_REQ: 1,
  PACKET_DATA: 2,
  PACKET_FIN: 3,
  PACKET_ERR: 4,
} as const;
export type Packet_PacketType = number;

export interface Stat {
  path: string;
  mode: number;
  uid: number;
  gid: number;
  size: bigint;
  modTime: bigint;
  linkname: string;
  devmajor: bigint;
  devminor: bigint;
  xattrs: Record<string, Uint8Array>;
}
export const Stat: MessageType<Stat> = message("fsutil.types.Stat", () => [
  [1, "path", "string"],
  [2, "mode", "uint32"],
  [3, "uid", "uint32"],
  [4, "gid", "uint32"],
  [5, "size", "int64"],
  [6, "modTime", "int64"],
  [7, "linkname", "string"],
  [8, "devmajor", "int64"],
  [9, "devminor", "int64"],
  [10, "xattrs", "bytes", "map", "string"],
]);

export interface Packet {
  type: Packet_PacketType;
  stat?: Stat | undefined;
  id: number;
  data: Uint8Array;
}
export const Packet: MessageType<Packet> = message("fsutil.types.Packet", () => [
  [1, "type", "enum"],
  [2, "stat", Stat],
  [3, "id", "uint32"],
  [4, "data", "bytes"],
]);
